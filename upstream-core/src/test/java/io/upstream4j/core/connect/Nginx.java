package io.upstream4j.core.connect;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A real server, on a free port of the loopback interface, in a folder of its own. */
final class Nginx implements AutoCloseable {
  private final Process process;
  private final int port;

  private Nginx(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /** Starts nginx with what a {@code server} block shall hold, or skips the test. */
  static Nginx start(Path folder, String server) throws Exception {
    return start(folder, server, "");
  }

  /** As before, with more words for its {@code listen}. */
  static Nginx start(Path folder, String server, String listen) throws Exception {
    Path program = find();
    assumeTrue(program != null, "nginx is not installed");
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    for (String name : List.of("logs", "www", "body", "proxy")) {
      Files.createDirectories(folder.resolve(name));
    }
    Path configuration = folder.resolve("nginx.conf");
    Files.writeString(
        configuration,
        """
        daemon off;
        master_process off;
        pid nginx.pid;
        error_log logs/error.log;
        events { worker_connections 1024; }
        http {
          access_log off;
          %s
          client_body_temp_path body;
          proxy_temp_path proxy;
          fastcgi_temp_path proxy;
          uwsgi_temp_path proxy;
          scgi_temp_path proxy;
          client_max_body_size 0;
          server { listen 127.0.0.1:%d%s; root www; %s }
        }
        """
            .formatted(
                server.contains("keepalive_requests") ? "" : "keepalive_requests 1000000;",
                port,
                listen,
                server));
    // Written once it listens to everything, of which the port is only the first.
    Path listens = folder.resolve("nginx.pid");
    Files.deleteIfExists(listens);
    Process process =
        new ProcessBuilder(
                program.toString(), "-p", folder.toString(), "-c", configuration.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("logs/output.log").toFile())
            .start();
    Nginx nginx = new Nginx(process, port);
    Await.until("nginx listens; see " + folder, () -> !process.isAlive() || Files.exists(listens));
    if (!process.isAlive()) {
      throw new AssertionError(Files.readString(folder.resolve("logs/output.log")));
    }
    return nginx;
  }

  static Path find() {
    return Stream.concat(
            Stream.of(System.getenv("PATH").split(File.pathSeparator)),
            Stream.of("/usr/sbin", "/usr/local/sbin"))
        .map(directory -> Path.of(directory, "nginx"))
        .filter(Files::isExecutable)
        .findFirst()
        .orElse(null);
  }

  int port() {
    return port;
  }

  @Override
  public void close() {
    process.destroy();
    process
        .onExit()
        .orTimeout(20, TimeUnit.SECONDS)
        .whenComplete(
            (ended, late) -> {
              if (late != null) {
                process.destroyForcibly();
              }
            })
        .join();
  }
}
