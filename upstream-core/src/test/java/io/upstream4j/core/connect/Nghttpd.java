package io.upstream4j.core.connect;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** nghttp2's server, which speaks HTTP/2 only, on a free port of the loopback interface. */
final class Nghttpd implements AutoCloseable {
  private final Process process;
  private final int port;

  private Nghttpd(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /** Serves a folder in clear text, or skips the test. */
  static Nghttpd clear(Path folder, String... options) throws Exception {
    List<String> all = new ArrayList<>(List.of("--no-tls"));
    all.addAll(List.of(options));
    return start(folder, all, List.of());
  }

  /** Serves a folder over TLS. */
  static Nghttpd secure(Path folder, Path key, Path certificate, String... options)
      throws Exception {
    return start(folder, List.of(options), List.of(key.toString(), certificate.toString()));
  }

  private static Nghttpd start(Path folder, List<String> options, List<String> files)
      throws Exception {
    Path program = find();
    assumeTrue(program != null, "nghttpd is not installed");
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    List<String> command =
        new ArrayList<>(List.of(program.toString(), "-a", "127.0.0.1", "-d", folder.toString()));
    command.addAll(options);
    command.add(String.valueOf(port));
    command.addAll(files);
    Path log = Files.createTempFile("nghttpd", ".log");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    Await.until("nghttpd listens", () -> !process.isAlive() || isListening(port));
    if (!process.isAlive()) {
      throw new AssertionError(Files.readString(log));
    }
    return new Nghttpd(process, port);
  }

  private static Path find() {
    return Stream.concat(
            Stream.of(System.getenv("PATH").split(File.pathSeparator)),
            Stream.of("/usr/sbin", "/usr/local/sbin"))
        .map(directory -> Path.of(directory, "nghttpd"))
        .filter(Files::isExecutable)
        .findFirst()
        .orElse(null);
  }

  private static boolean isListening(int port) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (java.io.IOException e) {
      return false;
    }
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
