package io.upstream4j.lb.consistent;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.upstream4j.api.spi.Attributes;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.testkit.FakeRequest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.zip.CRC32;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compares picks with a real nginx that has the same servers and keys. */
final class NginxTest {
  private static final int KEYS = 400;
  private static final String KEY_CHARACTERS =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/:@!$'()*,;=?";

  private static Path executable = Path.of("nginx");

  @BeforeAll
  static void nginxIsInstalled() {
    assumeTrue(Nginx.find().isPresent(), "skipped: nginx is not installed (apt-get install nginx)");
    executable = Nginx.find().orElseThrow();
  }

  /** A server line of nginx: the address, the weight and whether it is down. */
  private record Line(String server, int weight, boolean down) {
    static Line of(String server) {
      return new Line(server, 1, false);
    }

    @Override
    public String toString() {
      return server + " weight=" + weight + (down ? " down" : "");
    }

    /** Returns the backend that discovery makes of the same text. */
    Backend backend() {
      return new Backend(
          Endpoint.parse(server, 80), weight, Attributes.none().with(Attributes.SERVER, server));
    }
  }

  @Test
  void everyKeyGoesWhereNginxSendsIt(@TempDir Path folder) throws Exception {
    long seed = System.nanoTime();
    System.out.println("NginxTest seed " + seed);
    Random random = new Random(seed);
    List<List<Line>> upstreams = new ArrayList<>(fixed());
    for (int i = 0; i < 12; i++) {
      upstreams.add(anyServers(random));
    }
    List<List<String>> lines =
        upstreams.stream().map(servers -> servers.stream().map(Line::toString).toList()).toList();
    try (Nginx nginx = Nginx.start(executable, folder, lines)) {
      for (int i = 0; i < upstreams.size(); i++) {
        compare(nginx, i, upstreams.get(i), random, seed);
      }
    }
  }

  /**
   * Configures two servers with an equal point in either order. The server configured first gets
   * the point, and all other keys stay where they are.
   */
  @Test
  void ofEqualPointsTheServerConfiguredFirstKeepsItsOwn(@TempDir Path folder) throws Exception {
    Shared shared = Shared.find();
    List<Line> one = List.of(Line.of(shared.one()), Line.of(shared.other()));
    List<Line> other = List.of(one.get(1), one.get(0));
    try (Nginx nginx =
        Nginx.start(
            executable,
            folder,
            List.of(
                one.stream().map(Line::toString).toList(),
                other.stream().map(Line::toString).toList()))) {
      FakeRequest request = FakeRequest.get("/").withQuery("k=" + shared.key());
      assertThat(nginx.pick(0, shared.key())).isEqualTo(shared.one());
      assertThat(nginx.pick(1, shared.key())).isEqualTo(shared.other());
      assertThat(over(one).endpoint(request)).isEqualTo(shared.one());
      assertThat(over(other).endpoint(request)).isEqualTo(shared.other());
    }
  }

  private static Balancing over(List<Line> servers) {
    return Balancing.over(Map.of("key", "query:k"), servers.stream().map(Line::backend).toList());
  }

  /** Servers with an equal point, and a key that belongs to that point in either order. */
  private record Shared(String one, String other, String key) {
    /** 2,000 servers have 320,000 points, among them about a dozen equal pairs. */
    static Shared find() {
      Map<Long, String> seen = new HashMap<>();
      for (int i = 0; i < 2_000; i++) {
        String server = "127.0." + (1 + i / 200) + "." + (1 + i % 200) + ":1";
        for (long point : points(server)) {
          String before = seen.put(point, server);
          if (before != null && !before.equals(server)) {
            return new Shared(before, server, keyOf(point, before, server));
          }
        }
      }
      throw new AssertionError("no two servers with an equal point");
    }

    private static String keyOf(long point, String one, String other) {
      TreeSet<Long> points = new TreeSet<>(points(one));
      points.addAll(points(other));
      for (int i = 0; i < 100_000; i++) {
        CRC32 crc = new CRC32();
        crc.update(("key" + i).getBytes(US_ASCII));
        Long next = points.ceiling(crc.getValue());
        if (next != null && next == point) {
          return "key" + i;
        }
      }
      throw new AssertionError("no key for " + point);
    }

    private static List<Long> points(String server) {
      List<Long> points = new ArrayList<>();
      byte[] text = server.replace(':', '\0').getBytes(US_ASCII);
      ByteBuffer before = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
      for (int i = 0; i < 160; i++) {
        CRC32 crc = new CRC32();
        crc.update(text);
        crc.update(before.array());
        points.add(crc.getValue());
        before.putInt(0, (int) crc.getValue());
      }
      return points;
    }
  }

  private static void compare(
      Nginx nginx, int upstream, List<Line> servers, Random random, long seed) throws Exception {
    Balancing balancing =
        Balancing.over(Map.of("key", "query:k"), servers.stream().map(Line::backend).toList());
    for (int slot = 0; slot < servers.size(); slot++) {
      if (servers.get(slot).down()) {
        balancing.candidates.reject(slot);
      }
    }
    for (int i = 0; i < KEYS; i++) {
      String key = anyKey(random);
      int slot = balancing.slot(FakeRequest.get("/").withQuery("k=" + key));
      assertThat(balancing.snapshot.backend(slot).endpoint().toString())
          .as("key %s among %s, seed %d", key, servers, seed)
          .isEqualTo(nginx.pick(upstream, key));
    }
  }

  private static List<List<Line>> fixed() {
    return List.of(
        List.of(Line.of("127.0.0.11:1"), Line.of("127.0.0.12:1"), Line.of("127.0.0.13:1")),
        List.of(Line.of("127.0.0.11"), Line.of("127.0.0.12:80"), Line.of("127.0.0.13")),
        List.of(Line.of("[::1]:2"), Line.of("[::1]:3"), Line.of("[::1]:4"), Line.of("[::1]")),
        List.of(Line.of("127.0.0.12:1")),
        List.of(
            new Line("127.0.0.11:1", 1, false),
            new Line("127.0.0.12:1", 100, false),
            new Line("[::1]:1", 7, false)),
        List.of(
            new Line("127.0.0.11:1", 1, false),
            new Line("127.0.0.12:1", 1, true),
            new Line("127.0.0.13:1", 2, false),
            new Line("127.0.0.14:1", 1, true)));
  }

  private static List<Line> anyServers(Random random) {
    List<Line> servers = new ArrayList<>();
    int count = 2 + random.nextInt(12);
    for (int i = 0; i < count; i++) {
      String host = random.nextInt(5) == 0 ? "[::1]" : "127.0.0." + (20 + random.nextInt(200));
      String port = random.nextInt(5) == 0 ? "" : ":" + (1 + i);
      String server = host + port;
      // At most a third of the servers is down, because nginx gives up on the ring after twenty
      // steps.
      boolean down = i % 3 == 2 && random.nextBoolean();
      Line line = new Line(server, 1 + random.nextInt(i % 3 == 2 ? 1 : 6), down);
      if (servers.stream().noneMatch(other -> sameEndpoint(other, line))) {
        servers.add(line);
      }
    }
    return servers;
  }

  private static boolean sameEndpoint(Line one, Line other) {
    return one.backend().endpoint().equals(other.backend().endpoint());
  }

  private static String anyKey(Random random) {
    StringBuilder key = new StringBuilder();
    for (int length = 1 + random.nextInt(40); length > 0; length--) {
      if (random.nextInt(10) == 0) {
        key.append(String.format("%%%02X", random.nextInt(256)));
      } else {
        key.append(KEY_CHARACTERS.charAt(random.nextInt(KEY_CHARACTERS.length())));
      }
    }
    return key.toString();
  }
}
