package io.upstream4j.distribution.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compares with a real nginx: the same bytes of a client select the same server. */
class HashKeysTest {
  /** A part of a request under both names; also used as the requested host. */
  private enum Part {
    HEADER("header:x-user", "$http_x_user"),
    COOKIE("cookie:sid", "$cookie_sid"),
    QUERY("query:k", "$arg_k"),
    URL("url", "$request_uri");

    private final String key;
    private final String variable;

    Part(String key, String variable) {
      this.key = key;
      this.variable = variable;
    }
  }

  private static final int RANDOM_REQUESTS = 150; // of each part
  private static final List<String> COOKIES =
      List.of(
          "sid=abc",
          "SID=abd",
          "sid=\"quoted\"",
          "sid=\"a b",
          "sid =5",
          "sid= 6 ",
          "sid",
          "sidx=7",
          "xsid=8",
          "sid=\u00e9\u00ff\u0080",
          "sid=a=b",
          "sid=1,2",
          "a=b",
          "a",
          "=",
          "");
  private static final List<String> SEPARATORS = List.of("; ", ";", ", ", "; ; ", " ;  ");
  private static final List<String> PARAMETERS =
      List.of(
          "k=v", "K=w", "%6b=x", "%6B=x", "k", "kk=1", "xk=2", "k=a%20b", "k=a=b", "k=a+b", "k=?",
          "a=k=3", "=", "k%00=4", "");

  private final List<TestBackend> backends = new ArrayList<>();
  private final Random random = new Random();

  private static Path nginx() {
    List<String> folders =
        Stream.concat(
                Stream.of(System.getenv("PATH").split(":", -1)),
                Stream.of("/usr/sbin", "/usr/local/sbin"))
            .toList();
    Path found =
        folders.stream()
            .filter(folder -> !folder.isEmpty())
            .map(folder -> Path.of(folder, "nginx"))
            .filter(Files::isExecutable)
            .findFirst()
            .orElse(null);
    assumeTrue(found != null, "skipped: nginx is not installed (apt-get install nginx)");
    return found;
  }

  @Test
  void everyRequestGoesWhereNginxSendsIt(@TempDir Path folder) throws Exception {
    Path executable = nginx();
    long seed = System.nanoTime();
    System.out.println("HashKeysTest seed " + seed);
    random.setSeed(seed);
    for (int i = 0; i < 5; i++) {
      String name = "b" + i;
      backends.add(TestBackend.answering(name));
    }
    int port = freePort();
    Files.writeString(folder.resolve("nginx.conf"), nginxConfiguration(folder, port));
    run(executable, folder);
    try (TestGateway gateway = TestGateway.of(gatewayConfiguration());
        RawClient ours = gateway.connect();
        RawClient theirs = new RawClient(new InetSocketAddress("127.0.0.1", port))) {
      int compared = 0;
      for (String request : requests()) {
        String theirPick = theirs.send(request).receive().header("x-picked");
        String ourPick = ours.send(request).receive().body();
        if (theirPick != null) { // the request has a key
          assertThat(ourPick).as("seed %d: %s", seed, request).isEqualTo(theirPick);
          compared++;
        }
      }
      assertThat(compared).as("requests with a key").isGreaterThan(2 * RANDOM_REQUESTS);
    } finally {
      run(executable, folder, "-s", "stop");
      for (TestBackend backend : backends) {
        backend.close();
      }
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private String gatewayConfiguration() {
    List<String> addresses = backends.stream().map(each -> '"' + each.address() + '"').toList();
    StringBuilder yaml = new StringBuilder("upstreams:\n");
    StringBuilder routes = new StringBuilder("routes:\n");
    for (Part part : Part.values()) {
      yaml.append("  ").append(part).append(": { health_check: none, algo: 'hash:");
      yaml.append(part.key).append("', addrs: ").append(addresses).append(" }\n");
      routes.append("  - { host: ").append(part).append(", upstream: ").append(part).append(" }\n");
    }
    return yaml.append(routes).toString();
  }

  private String nginxConfiguration(Path folder, int port) {
    StringBuilder text =
        new StringBuilder(
            """
            worker_processes 1;
            pid FOLDER/pid;
            error_log FOLDER/error.log crit;
            events { }
            http {
              access_log off;
              client_body_temp_path FOLDER/body;
              proxy_temp_path FOLDER/proxy;
              fastcgi_temp_path FOLDER/fastcgi;
              uwsgi_temp_path FOLDER/uwsgi;
              scgi_temp_path FOLDER/scgi;
              keepalive_requests 1000000;
            """
                .replace("FOLDER", folder.toString()));
    text.append("map $upstream_addr $backend {\n");
    for (int i = 0; i < backends.size(); i++) {
      text.append(backends.get(i).address()).append(" b").append(i).append(";\n");
    }
    text.append("}\n");
    for (Part part : Part.values()) {
      text.append("map ").append(part.variable).append(" $picked_").append(part);
      text.append(" { '' ''; default $backend; }\n");
      text.append("upstream u").append(part).append(" { hash ");
      text.append(part.variable).append(" consistent;\n");
      backends.forEach(each -> text.append("server ").append(each.address()).append(";\n"));
      text.append("}\nserver { listen 127.0.0.1:").append(port);
      text.append("; server_name ").append(part.name().toLowerCase(java.util.Locale.ROOT));
      text.append("; add_header X-Picked $picked_").append(part);
      text.append("; location / { proxy_pass http://u").append(part).append("; } }\n");
    }
    return text.append("}\n").toString();
  }

  private static void run(Path executable, Path folder, String... more) throws Exception {
    List<String> command = new ArrayList<>();
    command.addAll(List.of(executable.toString(), "-p", folder.toString()));
    command.addAll(List.of("-e", folder.resolve("error.log").toString()));
    command.addAll(List.of("-c", folder.resolve("nginx.conf").toString()));
    command.addAll(List.of(more));
    Path output = folder.resolve("output");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(output)).isZero();
  }

  private List<String> requests() {
    List<String> requests = new ArrayList<>();
    for (String cookie : COOKIES) {
      requests.add(request(Part.COOKIE, "/", "Cookie: " + cookie));
    }
    for (String parameter : PARAMETERS) {
      requests.add(request(Part.QUERY, "/?" + parameter, ""));
    }
    for (String target : List.of("/", "/?", "/a", "/a?", "/a??", "/a?b", "/%C3%A9?%C3", "/a%2fb")) {
      requests.add(request(Part.URL, target, ""));
    }
    for (int i = 0; i < RANDOM_REQUESTS; i++) {
      requests.add(request(Part.HEADER, "/", "X-User: " + octets()));
      requests.add(request(Part.COOKIE, "/", cookies()));
      requests.add(request(Part.QUERY, "/?" + several(PARAMETERS, List.of("&")), ""));
      requests.add(request(Part.URL, "/" + i + "?" + several(PARAMETERS, List.of("&", "?")), ""));
    }
    return requests;
  }

  private static String request(Part part, String target, String header) {
    String line = header.isEmpty() ? "" : header + "\r\n";
    return "GET " + target + " HTTP/1.1\r\nHost: " + part + "\r\n" + line + "\r\n";
  }

  private String octets() {
    StringBuilder text = new StringBuilder();
    for (int length = 1 + random.nextInt(20); length > 0; length--) {
      int octet = random.nextInt(2) == 0 ? 0x80 + random.nextInt(0x80) : '!' + random.nextInt(94);
      text.append((char) octet);
    }
    return text.toString();
  }

  /** Returns one or two headers. */
  private String cookies() {
    String first = "Cookie: " + several(COOKIES, SEPARATORS);
    return random.nextBoolean() ? first : first + "\r\ncookie: " + several(COOKIES, SEPARATORS);
  }

  private String several(List<String> parts, List<String> separators) {
    StringBuilder text = new StringBuilder(parts.get(random.nextInt(parts.size())));
    for (int more = random.nextInt(4); more > 0; more--) {
      text.append(separators.get(random.nextInt(separators.size())));
      text.append(parts.get(random.nextInt(parts.size())));
    }
    return text.toString();
  }
}
