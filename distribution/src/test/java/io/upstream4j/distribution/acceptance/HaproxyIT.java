package io.upstream4j.distribution.acceptance;

import static io.upstream4j.distribution.acceptance.Waiting.until;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests the linked image in front of and behind HAProxy, in each version of HTTP that both support.
 */
@Tag("thorough")
class HaproxyIT {
  private static final int REQUESTS = 100_000;

  @TempDir Path folder;

  @BeforeAll
  static void serversAndClientsAreThere() {
    Haproxy.assumeInstalled();
    Command.assumeInstalled("h2load", "wrk", "openssl");
  }

  /** Returns a file with a certificate and its key, as HAProxy requires. */
  private Path certificate() throws IOException, InterruptedException {
    Command.selfSigned(folder, "server");
    return Files.writeString(
        folder.resolve("both.pem"),
        Files.readString(folder.resolve("server.pem"))
            + Files.readString(folder.resolve("server.key")));
  }

  private static String answering(int port, String bind, String more) {
    return """
        frontend f%1$d
          bind 127.0.0.1:%1$d %2$s
          %3$s
          http-request return status 200 content-type text/plain string hello
        """
        .formatted(port, bind, more);
  }

  private static String yaml(String keys, int... ports) {
    StringBuilder addresses = new StringBuilder();
    for (int port : ports) {
      addresses.append(addresses.isEmpty() ? "" : ", ").append("\"127.0.0.1:" + port + "\"");
    }
    return "upstreams: { api: { addrs: [%s], %s } }\n".formatted(addresses, keys);
  }

  private static void load(int requests, String... options)
      throws IOException, InterruptedException {
    String[] command = new String[options.length + 3];
    command[0] = "h2load";
    command[1] = "-n" + requests;
    command[2] = "-t1";
    System.arraycopy(options, 0, command, 3, options.length);
    assertThat(Command.run(command))
        .contains(requests + " succeeded, 0 failed, 0 errored", requests + " 2xx");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "alpn: H1 | HTTP/1.1 | clear",
        "alpn: H2 | HTTP/2.0 | clear",
        "'sni: localhost, alpn: H2H1, tls: { ca: server.pem }' | HTTP/2.0 | secure",
        "'sni: localhost, alpn: H1, tls: { ca: server.pem }' | HTTP/1.1 | secure"
      })
  void aHundredThousandRequestsReachItAndReuseTheirConnections(
      String keys, String version, String side) throws Exception {
    Path certificate = certificate();
    int port = Nginx.freePort();
    String bind = side.equals("secure") ? "ssl crt " + certificate + " alpn h2,http/1.1" : "";
    try (Haproxy haproxy =
            Haproxy.start(folder.resolve("haproxy"), port, answering(port, bind, ""));
        Image image = Image.serve(folder, yaml(keys + ", health_check: none", port), "")) {
      load(REQUESTS, "-c4", "-m100", image.gateway().toString());
      String report = Command.run("wrk", "-t2", "-c50", "-d3s", image.gateway().toString());
      assertThat(report).doesNotContain("Non-2xx").doesNotContain("Socket errors");

      assertThat(haproxy.served(version)).isGreaterThan(REQUESTS);
      assertThat(haproxy.served(version.equals("HTTP/2.0") ? "HTTP/1.1" : "HTTP/2.0")).isZero();
      long opened = image.metric("upstream4j_backend_connections_opened_total");
      // Four clients with a hundred concurrent requests each, and fifty of wrk.
      assertThat(opened).isPositive().isLessThanOrEqualTo(version.equals("HTTP/2.0") ? 100 : 450);
      assertThat(image.metric("upstream4j_retries_total")).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"option httpclose", "timeout http-keep-alive 1ms"})
  void aServerThatClosesConnectionsFailsNoRequest(String closing) throws Exception {
    int port = Nginx.freePort();
    try (Haproxy haproxy =
            Haproxy.start(folder.resolve("haproxy"), port, answering(port, "", closing));
        Image image = Image.serve(folder, yaml("alpn: H1, health_check: none", port), "")) {
      load(20_000, "-c4", "-m10", image.gateway().toString());
      assertThat(haproxy.served("HTTP/1.1")).isEqualTo(20_000);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"H1", "H2"})
  void aServerThatStopsInTheMiddleOfALoadFailsNoRequest(String version) throws Exception {
    int one = Nginx.freePort();
    int other = Nginx.freePort();
    try (Haproxy stops = Haproxy.start(folder.resolve("one"), one, answering(one, "", ""));
        Haproxy stays = Haproxy.start(folder.resolve("two"), other, answering(other, "", ""));
        Image image =
            Image.serve(
                folder,
                yaml(
                    "alpn: "
                        + version
                        + ", health_check: 'tcp://api?check_frequency=100ms&connection_timeout=10s'",
                    one,
                    other),
                "")) {
      Process load =
          new ProcessBuilder("h2load", "-n100000", "-t1", "-c4", "-m50", image.gateway().toString())
              .redirectErrorStream(true)
              .redirectOutput(folder.resolve("h2load.out").toFile())
              .start();
      until(() -> served(stops) > 1_000);
      stops.stopGracefully();
      assertThat(load.waitFor()).isZero();
      assertThat(Files.readString(folder.resolve("h2load.out")))
          .contains("100000 succeeded, 0 failed, 0 errored", "100000 2xx");
      assertThat(served(stays)).isGreaterThan(1_000);
      until(() -> !stops.isAlive()); // so that no connection to it remained
    }
  }

  private static long served(Haproxy haproxy) {
    try {
      return haproxy.served("HTTP/1.1") + haproxy.served("HTTP/2.0");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void itStandsBeforeTheGatewayToo() throws Exception {
    Path certificate = certificate();
    int backend = Nginx.freePort();
    int clear = Nginx.freePort();
    int http2 = Nginx.freePort();
    try (Haproxy behind =
            Haproxy.start(folder.resolve("behind"), backend, answering(backend, "", ""));
        Image image = Image.serve(folder, yaml("health_check: none", backend), "");
        Haproxy before =
            Haproxy.start(
                folder.resolve("before"),
                http2,
                """
                frontend clear
                  bind 127.0.0.1:%1$d
                  default_backend http1
                frontend secure
                  bind 127.0.0.1:%2$d ssl crt %3$s alpn h2
                  default_backend http2
                backend http1
                  server gateway 127.0.0.1:%4$d
                backend http2
                  http-reuse always
                  server gateway 127.0.0.1:%4$d proto h2
                """
                    .formatted(clear, http2, certificate, image.gateway().getPort()))) {
      load(REQUESTS, "--h1", "-c20", "http://127.0.0.1:" + clear + "/");
      load(REQUESTS, "-c4", "-m100", "https://127.0.0.1:" + http2 + "/");
      assertThat(before.served("HTTP/2.0")).isEqualTo(REQUESTS);
      assertThat(behind.served("HTTP/1.1")).isEqualTo(2 * REQUESTS);
      assertThat(image.output()).doesNotContain("Exception");
    }
  }
}
