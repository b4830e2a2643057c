package io.upstream4j.distribution.acceptance;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** An nginx for a test, on a loopback port with its own folder. */
final class Nginx implements AutoCloseable {
  private static final Path BINARY =
      Stream.of(
              "/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/local/bin/nginx", "/usr/bin/nginx")
          .map(Path::of)
          .filter(Files::isExecutable)
          .findFirst()
          .orElse(Path.of("nginx"));

  private final Path folder;
  private final String http;
  private final String server;
  private final int port;
  private Process process;

  private Nginx(Path folder, String http, String server, int port, Process process) {
    this.folder = folder;
    this.http = http;
    this.server = server;
    this.port = port;
    this.process = process;
  }

  static void assumeInstalled() {
    assumeTrue(Files.isExecutable(BINARY), "nginx is not installed");
  }

  /**
   * Starts a server.
   *
   * @param folder an empty folder; files in {@code html} below it are served
   * @param server directives of the server block
   */
  static Nginx start(Path folder, String server) throws IOException, InterruptedException {
    return start(folder, "", server);
  }

  /**
   * Starts a server.
   *
   * @param http directives of the http block other than the server
   */
  static Nginx start(Path folder, String http, String server)
      throws IOException, InterruptedException {
    assumeInstalled();
    Files.createDirectories(folder.resolve("html"));
    Files.createDirectories(folder.resolve("tmp"));
    int port = freePort();
    Nginx nginx = new Nginx(folder, http, server, port, null);
    nginx.start();
    return nginx;
  }

  /** Restarts on the same port after {@link #kill}. */
  void start() throws IOException, InterruptedException {
    Path config = folder.resolve("nginx.conf");
    Files.writeString(
        config,
        """
        daemon off;
        %4$s
        worker_processes 1;
        worker_rlimit_nofile 20000;
        pid %1$s/nginx.pid;
        error_log %1$s/error.log;
        events { worker_connections 16000; }
        http {
          log_format seen '$request_method $uri $status $request_length $connection';
          access_log %1$s/access.log seen;
          client_body_temp_path %1$s/tmp/body;
          proxy_temp_path %1$s/tmp/proxy;
          fastcgi_temp_path %1$s/tmp/fastcgi;
          uwsgi_temp_path %1$s/tmp/uwsgi;
          scgi_temp_path %1$s/tmp/scgi;
          client_max_body_size 0;
          keepalive_requests 1000000;
          sendfile on;
          %5$s
          server {
            listen 127.0.0.1:%2$d backlog=4096;
            root %1$s/html;
            %3$s
          }
        }
        """
            .formatted(folder, port, server, user(), http));
    // Written once it listens to all ports, of which this is only the first.
    Path listens = folder.resolve("nginx.pid");
    Files.deleteIfExists(listens);
    process =
        new ProcessBuilder(
                BINARY.toString(),
                "-p",
                folder.toString(),
                "-c",
                config.toString(),
                "-e",
                folder.resolve("error.log").toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("out.log").toFile())
            .start();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!Files.exists(listens)) {
      if (!process.isAlive() || System.nanoTime() > end) {
        throw new IOException("nginx: " + Files.readString(folder.resolve("out.log")));
      }
      process.waitFor(20, TimeUnit.MILLISECONDS);
    }
  }

  /** With root, workers would run as nobody, who cannot read the test's folder. */
  private static String user() {
    return "root".equals(System.getProperty("user.name")) ? "user root;" : "";
  }

  int port() {
    return port;
  }

  String address() {
    return "127.0.0.1:" + port;
  }

  Path html() {
    return folder.resolve("html");
  }

  /** Returns the lines of the access log: method, path, status, request length, connection. */
  List<String[]> requests() throws IOException {
    try (Stream<String> lines = Files.lines(folder.resolve("access.log"))) {
      return lines.map(line -> line.split(" ")).toList();
    }
  }

  void forgetRequests() throws IOException {
    // Truncate instead of deleting, because nginx keeps the file open for appending.
    Files.writeString(folder.resolve("access.log"), "");
  }

  /** Kills master and workers. */
  void kill() {
    List<ProcessHandle> workers = process.descendants().toList();
    process.destroyForcibly();
    workers.forEach(ProcessHandle::destroyForcibly);
    process.onExit().orTimeout(10, TimeUnit.SECONDS).join();
    for (ProcessHandle worker : workers) {
      worker.onExit().orTimeout(10, TimeUnit.SECONDS).join();
    }
  }

  @Override
  public void close() {
    kill();
  }

  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
