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

/** The linked image before backends that speak HTTP/2 only. */
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
    Command.assumeInstalled("wrk", "nghttpd");
    Files.writeString(folder.resolve("index.html"), "hello");
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    List<String> command = new ArrayList<>(List.of("nghttpd", "-a", "127.0.0.1"));
    command.addAll(List.of("-d", folder.toString()));
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
        String report = Command.run("wrk", "-t2", "-c50", "-d4s", image.gateway() + "/index.html");
        assertThat(report).doesNotContain("Non-2xx").doesNotContain("Socket errors");
        long requests = Long.parseLong(report.replaceAll("(?s).*?(\\d+) requests in.*", "$1"));
        assertThat(requests).isGreaterThan(100);
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
