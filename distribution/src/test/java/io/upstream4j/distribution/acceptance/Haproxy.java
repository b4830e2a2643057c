package io.upstream4j.distribution.acceptance;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** An HAProxy for a test, which writes a line per request to its log. */
final class Haproxy implements AutoCloseable {
  private static final Path BINARY = Path.of("/usr/sbin/haproxy");

  private final Process process;
  private final Path log;

  private Haproxy(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  static void assumeInstalled() {
    Command.assumeInstalled("haproxy");
  }

  /**
   * Starts HAProxy.
   *
   * @param folder a new folder
   * @param port the port that it binds last
   * @param proxies the sections after global and defaults
   */
  static Haproxy start(Path folder, int port, String proxies) throws IOException {
    Path config = Files.createDirectory(folder).resolve("haproxy.cfg");
    Files.writeString(
        config,
        """
        global
          nbthread 1
          maxconn 4000
          hard-stop-after 60s
          log stdout format raw local0
        defaults
          mode http
          log global
          log-format "%%HV %%ST"
          timeout connect 5s
          timeout client 60s
          timeout server 60s
        %s
        """
            .formatted(proxies));
    Path log = folder.resolve("haproxy.log");
    Process process =
        new ProcessBuilder(BINARY.toString(), "-db", "-f", config.toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    Haproxy haproxy = new Haproxy(process, log);
    try {
      Waiting.until(() -> !process.isAlive() || listens(port));
      if (!process.isAlive()) {
        throw new IOException("haproxy: " + Files.readString(log));
      }
      return haproxy;
    } catch (IOException | RuntimeException | Error e) {
      haproxy.close();
      throw e;
    }
  }

  private static boolean listens(int port) {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Returns the number of requests of an HTTP version, such as {@code HTTP/2.0}, with status 200.
   */
  long served(String version) throws IOException {
    try (var lines = Files.lines(log)) {
      return lines.filter(line -> line.equals(version + " 200")).count();
    }
  }

  /** Shuts down gracefully: stops listening, finishes requests in progress and notifies clients. */
  void stopGracefully() throws IOException, InterruptedException {
    Command.run("kill", "-USR1", Long.toString(process.pid()));
  }

  boolean isAlive() {
    return process.isAlive();
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().orTimeout(20, TimeUnit.SECONDS).join();
  }
}
