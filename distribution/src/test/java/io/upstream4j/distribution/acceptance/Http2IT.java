package io.upstream4j.distribution.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the linked image in front of backends that support only HTTP/2. */
class Http2IT {
  @TempDir Path folder;

  @Test
  void aLoadOverClearTextHasNoErrors() throws Exception {
    loads("alpn: H2", List.of("--no-tls"), List.of());
  }

  @Test
  void aLoadOverTlsHasNoErrors() throws Exception {
    Command.assumeInstalled("openssl");
    Command.selfSigned(folder, "server");
    loads(
        "alpn: H2H1\n    sni: localhost\n    verify_cert: false",
        List.of(),
        List.of(folder.resolve("server.key").toString(), folder.resolve("server.pem").toString()));
  }

  private void loads(String keys, List<String> options, List<String> files) throws Exception {
    Command.assumeInstalled("wrk", "nghttpd", "h2load", "curl");
    Files.writeString(folder.resolve("index.html"), "hello");
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    List<String> command = new ArrayList<>(List.of("nghttpd", "-a", "127.0.0.1"));
    command.addAll(List.of("-d", folder.toString(), "--trailer", "x-sum: 7"));
    command.addAll(options);
    command.add(String.valueOf(port));
    command.addAll(files);
    Process server =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("nghttpd.log").toFile())
            .start();
    String yaml = "upstreams:\n  api:\n    addrs: [\"127.0.0.1:" + port + "\"]\n    " + keys + "\n";
    try {
      awaitListening(port);
      try (Image image = Image.serve(folder, yaml, "")) {
        String url = image.gateway() + "/index.html";
        assertThat(Command.run("h2load", "-n100000", "-t1", "-c4", "-m100", url))
            .contains("100000 succeeded, 0 failed, 0 errored", "100000 2xx");
        String report = Command.run("wrk", "-t2", "-c50", "-d2s", url);
        assertThat(report).doesNotContain("Non-2xx").doesNotContain("Socket errors");
        long requests = Long.parseLong(report.replaceAll("(?s).*?(\\d+) requests in.*", "$1"));
        assertThat(requests).isGreaterThan(100);
        assertThat(image.metric("upstream4j_backend_connections_opened_total"))
            .as("of more than 100,000 requests")
            .isBetween(1L, 100L);
        // The server sends trailers after a body with a length.
        assertThat(Command.run("curl", "-sS", "-i", "--raw", "--http1.1", url))
            .containsIgnoringCase("transfer-encoding: chunked")
            .doesNotContainIgnoringCase("content-length")
            .endsWith("hello\r\n0\r\nx-sum: 7\r\n\r\n");
        assertThat(Command.run("curl", "-sS", "-i", "--http2-prior-knowledge", url))
            .contains("content-length: 5", "hello");
      }
    } finally {
      server.destroy();
      server.waitFor(20, TimeUnit.SECONDS);
    }
  }

  private static void awaitListening(int port) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (true) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        assertThat(socket.isConnected()).isTrue();
        return;
      } catch (IOException e) {
        assertThat(System.nanoTime()).as("nghttpd listens").isLessThan(deadline);
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
      }
    }
  }
}
