package io.upstream4j.distribution.acceptance;

import static io.upstream4j.distribution.acceptance.Waiting.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests WebSockets with npm's {@code ws} on both sides of the linked image. */
@Tag("thorough")
class WebSocketIT {
  private static final Path SCRIPTS = Path.of("src/test/websocket").toAbsolutePath();
  private static final Pattern PORT = Pattern.compile("port (\\d+)\n");

  @TempDir Path folder;

  @BeforeAll
  static void nodeIsThere() {
    Command.assumeInstalled("node", "openssl", "curl");
    assumeTrue(Files.isDirectory(Path.of("/usr/share/nodejs/ws")), "node-ws is not installed");
  }

  @Test
  void theyPassInClearText() throws Exception {
    Process server = node("server.log", "server.js");
    try (Image image = Image.serve(folder, yaml(server, ""), "")) {
      converse(image, "ws://127.0.0.1:" + image.gateway().getPort(), 0);
    } finally {
      end(server);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"H1", "H2H1"})
  void theyPassOverTlsOnBothSides(String alpn) throws Exception {
    Process server = secureServer();
    try (Image image = serve(server, alpn)) {
      String plain = "https://127.0.0.1:" + image.securePort() + "/";
      assertThat(Command.run("curl", "-sSki", plain))
          .contains("x-version: " + (alpn.equals("H1") ? "1.1" : "2.0"));
      converse(image, "wss://127.0.0.1:" + image.securePort(), 1);
    } finally {
      end(server);
    }
  }

  @Test
  void manyPassOverOneConnectionOfHttp2() throws Exception {
    Process server = secureServer();
    try (Image image = serve(server, "H2H1")) {
      converse("http2-client.js", "https://127.0.0.1:" + image.securePort());
      until(() -> inFlight(image) == 0);
      assertThat(image.metric("upstream4j_gateway_connections_accepted_total")).isEqualTo(1);
      assertThat(image.metric("upstream4j_gateway_responses_total{code=\"1xx\"}"))
          .isEqualTo(50 + 1 + 1);
      assertThat(image.metric("upstream4j_gateway_errors_total")).isZero();
    } finally {
      end(server);
    }
  }

  private Process secureServer() throws Exception {
    Command.selfSigned(folder, "server");
    return node("server.log", "server.js", file("server.pem"), file("server.key"));
  }

  private String file(String name) {
    return folder.resolve(name).toString();
  }

  private Image serve(Process server, String alpn) throws Exception {
    String yaml = yaml(server, "alpn: " + alpn + ", sni: localhost, tls: { ca: server.pem },");
    return Image.serveTls(folder, yaml, "", "server");
  }

  private void converse(String script, String url) throws Exception {
    Process client = node("client.log", script, url);
    try {
      assertThat(client.waitFor(120, TimeUnit.SECONDS)).as(() -> read("client.log")).isTrue();
      assertThat(read("client.log")).isEqualTo("all went well\n");
    } finally {
      end(client);
    }
  }

  /**
   * Runs a client that exchanges typical messages.
   *
   * @param plain requests without an upgrade that were refused before
   */
  private void converse(Image image, String url, int plain) throws Exception {
    converse("client.js", url);
    until(() -> read("server.log").contains("closed 4000 done\n"));
    assertThat(read("server.log")).contains("ping are you there\n").doesNotContain("error");
    until(() -> inFlight(image) == 0);
    assertThat(image.metric("upstream4j_gateway_responses_total{code=\"1xx\"}"))
        .isEqualTo(1 + 2 + 1 + 1 + 2 + 200);
    assertThat(image.metric("upstream4j_gateway_responses_total{code=\"4xx\"}"))
        .isEqualTo(1 + plain);
    assertThat(image.metric("upstream4j_gateway_errors_total")).isZero();
  }

  private static long inFlight(Image image) {
    try {
      return image.metric("upstream4j_backend_in_flight");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Process node(String log, String script, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of("node", SCRIPTS.resolve(script).toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve(log).toFile());
    builder.environment().put("NODE_PATH", "/usr/share/nodejs");
    return builder.start();
  }

  /** Returns an upstream with a server that was just started. */
  private String yaml(Process server, String keys) {
    until(() -> !server.isAlive() || PORT.matcher(read("server.log")).find());
    Matcher port = PORT.matcher(read("server.log"));
    assertThat(port.find()).as(() -> read("server.log")).isTrue();
    return "upstreams: { chat: { %s addrs: [\"127.0.0.1:%s\"], health_check: none } }\n"
        .formatted(keys, port.group(1));
  }

  private String read(String log) {
    try {
      return Files.readString(folder.resolve(log));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void end(Process process) {
    process.destroyForcibly().onExit().orTimeout(20, TimeUnit.SECONDS).join();
  }
}
