package io.upstream4j.distribution.acceptance;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compares the image's {@code upstream pick} with an nginx that has the same servers. */
class PickIT {
  private static final int RANDOM_KEYS = 600;

  private static final List<String> SERVERS =
      List.of(
          "127.0.0.21:1",
          "127.0.0.22:1 weight=3",
          "127.0.0.23",
          "127.0.0.24:80 weight=7",
          "[::1]:7 weight=2",
          "[::1]",
          "127.0.0.25:65535");

  @Test
  void everyKeyGoesWhereNginxSendsItAndPermutingTheServersChangesNone(@TempDir Path folder)
      throws Exception {
    Nginx.assumeInstalled();
    long seed = System.nanoTime();
    System.out.println("PickIT seed " + seed);
    Random random = new Random(seed);
    List<String> keys = new ArrayList<>(weirdKeys());
    for (int i = 0; i < RANDOM_KEYS; i++) {
      keys.add(anyKey(random));
    }
    List<String> recorded = record(folder.resolve("nginx"), keys);
    List<String> servers = new ArrayList<>(SERVERS);
    for (int round = 0; round < 3; round++) {
      List<String> picked = picks(folder, servers, keys);
      for (int i = 0; i < keys.size(); i++) {
        assertThat(picked.get(i))
            .as("key %s among %s, seed %d", keys.get(i), servers, seed)
            .isEqualTo(recorded.get(i));
      }
      Collections.shuffle(servers, random);
    }
  }

  private static List<String> weirdKeys() {
    return List.of(
        "0",
        "%00",
        "%",
        "%zz",
        "+",
        "a%26b",
        "a=b",
        "\"",
        "'",
        "\\",
        "?",
        "{}|^`",
        "*",
        "/../..",
        "zoë",
        "日本語",
        "😀",
        "x".repeat(4_000),
        "ÿ",
        "ends in an em space\u2003".replace(' ', '_'));
  }

  /** Returns random characters of a request line, except space, ampersand and number sign. */
  private static String anyKey(Random random) {
    StringBuilder key = new StringBuilder();
    for (int length = 1 + random.nextInt(30); length > 0; length--) {
      int c = random.nextInt(8) == 0 ? 0xa1 + random.nextInt(0x2000) : 0x21 + random.nextInt(0x5e);
      key.appendCodePoint(c == '&' || c == '#' ? '_' : c);
    }
    return key.toString();
  }

  /** Returns what nginx picks for each key. */
  private static List<String> record(Path folder, List<String> keys) throws Exception {
    StringBuilder upstream = new StringBuilder("upstream u { hash $arg_k consistent;\n");
    SERVERS.forEach(server -> upstream.append("server ").append(server).append(" max_fails=0;\n"));
    try (Nginx nginx =
            Nginx.start(
                folder,
                upstream.append("}\n").toString(),
                """
                location / {
                  proxy_pass http://u;
                  proxy_next_upstream off;
                  proxy_connect_timeout 1s;
                  add_header X-Picked $upstream_addr always;
                }
                large_client_header_buffers 4 16k;
                """);
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), nginx.port());
        BufferedReader answers =
            new BufferedReader(new InputStreamReader(socket.getInputStream(), ISO_8859_1))) {
      List<String> picked = new ArrayList<>();
      for (String key : keys) {
        String request = "GET /?k=" + key + " HTTP/1.1\r\nHost: test\r\n\r\n";
        socket.getOutputStream().write(request.getBytes(UTF_8));
        picked.add(picked(answers, key));
      }
      return picked;
    }
  }

  private static String picked(BufferedReader answers, String key) throws IOException {
    String picked = null;
    int length = 0;
    for (String line = answers.readLine(); ; line = answers.readLine()) {
      if (line == null) {
        throw new IOException("nginx closed the connection after key " + key);
      } else if (line.startsWith("X-Picked: ")) {
        picked = line.substring("X-Picked: ".length());
      } else if (line.startsWith("Content-Length: ")) {
        length = Integer.parseInt(line.substring("Content-Length: ".length()));
      } else if (line.isEmpty()) {
        for (int i = 0; i < length; i++) {
          answers.read();
        }
        assertThat(picked).as("nginx's pick for key %s", key).isNotNull();
        return picked;
      }
    }
  }

  private static List<String> picks(Path folder, List<String> servers, List<String> keys)
      throws IOException, InterruptedException {
    StringBuilder yaml =
        new StringBuilder("upstreams:\n  u:\n    algo: hash:query:k\n    addrs:\n");
    servers.forEach(
        server -> yaml.append("      - \"").append(server.replace("weight=", "")).append("\"\n"));
    Path config = Files.writeString(folder.resolve("pick.yaml"), yaml);
    Path lines = folder.resolve("keys");
    Files.write(lines, keys.stream().map(key -> "/?k=" + key).toList());
    Image.Finished finished =
        Image.run(
            folder, "pick", "--config", config.toString(), "-u", "u", "--keys", lines.toString());
    assertThat(finished.status()).as(finished.err()).isZero();
    List<String> picked = finished.out().lines().toList();
    assertThat(picked).hasSameSizeAs(keys);
    return picked;
  }
}
