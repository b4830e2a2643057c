package io.upstream4j.lb.consistent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.upstream4j.api.spi.Attributes;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.testkit.FakeRequest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Side by side with a real nginx: the same servers, the same keys, the same picks. */
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

  /** A server line of nginx: the address, then weight and down. */
  private record Line(String server, int weight, boolean down) {
    static Line of(String server) {
      return new Line(server, 1, false);
    }

    @Override
    public String toString() {
      return server + " weight=" + weight + (down ? " down" : "");
    }

    /** As discovery would make it of the same text. */
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
      // At most a third of them is down: after twenty steps nginx gives up the ring.
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
