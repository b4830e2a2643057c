package io.upstream4j.testserver;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A BIND server with one zone on a port of the loopback address. */
public final class Named implements AutoCloseable {
  private static final Path PROGRAM = Path.of("/usr/sbin/named");
  private static final long SECONDS = 30;

  private final Path folder;
  private final String zone;
  private final int port;
  private int serial;
  private Process process;
  private BlockingQueue<String> log;

  private Named(Path folder, String zone, int port) {
    this.folder = folder;
    this.zone = zone;
    this.port = port;
  }

  /**
   * Starts a server for the zone {@code test}.
   *
   * @param folder an empty folder
   * @param records the records in zone-file format
   */
  public static Named start(Path folder, String records) throws IOException {
    return start(folder, "test", records);
  }

  /** Starts a server for a zone. */
  public static Named start(Path folder, String zone, String records) throws IOException {
    assumeTrue(
        Files.isExecutable(PROGRAM), "named is not installed (expected: Debian's package bind9)");
    Named named = new Named(folder, zone, freePort());
    named.write(records);
    named.startAgain();
    return named;
  }

  /** Returns a port that is free for both TCP and UDP. */
  public static int freePort() throws IOException {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    for (int tries = 0; tries < 100; tries++) {
      try (ServerSocket tcp = new ServerSocket(0, 1, loopback);
          DatagramSocket udp = new DatagramSocket(tcp.getLocalPort(), loopback)) {
        return udp.getLocalPort();
      } catch (IOException e) {
        // The port is taken for UDP; try another one.
      }
    }
    throw new IOException("no port is free for both TCP and UDP");
  }

  /** Returns the server's port. */
  public int port() {
    return port;
  }

  /** Returns the server's address. */
  public InetSocketAddress address() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  /** Replaces the zone of the running server. */
  public void serve(String records) throws IOException {
    write(records);
    log.clear();
    new ProcessBuilder("kill", "-HUP", Long.toString(process.pid())).start();
    awaitLog("all zones loaded");
  }

  private void write(String records) throws IOException {
    serial++;
    Files.writeString(
        folder.resolve("test.zone"),
        "$ORIGIN "
            + zone
            + ".\n$TTL 1\n@ 60 IN SOA ns hostmaster "
            + serial
            + " 60 60 60 2\n@ 60 IN NS ns\nns 60 IN A 127.0.0.1\n"
            + records
            + "\n");
    Files.writeString(
        folder.resolve("named.conf"),
        """
        options {
          directory "%1$s";
          pid-file none;
          session-keyfile none;
          listen-on port %2$d { 127.0.0.1; };
          listen-on-v6 { none; };
          recursion no;
          dnssec-validation no;
          minimal-responses no;
          notify no;
          max-records-per-type 0;
        };
        controls { };
        zone "%3$s" { type primary; file "test.zone"; };
        """
            .formatted(folder, port, zone));
  }

  /** Restarts the server with these records. */
  public void startAgain(String records) throws IOException {
    write(records);
    startAgain();
  }

  private void startAgain() throws IOException {
    // Run a copy, because AppArmor's profile denies the original access to other folders.
    Path program = folder.resolve("named");
    Files.copy(
        PROGRAM, program, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.COPY_ATTRIBUTES);
    process =
        new ProcessBuilder(
                program.toString(), "-g", "-c", folder.resolve("named.conf").toString(), "-n", "1")
            .redirectErrorStream(true)
            .start();
    BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    log = lines;
    Process reading = process;
    Thread reader = new Thread(() -> read(reading, lines), "named-log");
    reader.setDaemon(true);
    reader.start();
    awaitLog("running");
  }

  private static void read(Process process, BlockingQueue<String> lines) {
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        lines.add(line);
      }
      lines.add("the log ended");
    } catch (IOException e) {
      lines.add("the log ended");
    }
  }

  private void awaitLog(String text) {
    StringBuilder seen = new StringBuilder();
    try {
      while (true) {
        String line = log.poll(SECONDS, TimeUnit.SECONDS);
        if (line == null || line.equals("the log ended")) {
          throw new AssertionError("named never said \"" + text + "\":\n" + seen);
        }
        seen.append(line).append('\n');
        if (line.endsWith(text)) {
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** Stops the server. */
  public void stop() {
    process.destroyForcibly();
    try {
      if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
        throw new UncheckedIOException(new IOException("named does not end"));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    stop();
  }
}
