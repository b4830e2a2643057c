package io.upstream4j.core.connect;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * nginx in a network of its own, which can be lost: from then on nothing comes back from there, not
 * even a reset, as when a machine loses its power. Needs root.
 */
final class LostServer implements AutoCloseable {
  private static final int PORT = 8080;

  private final String network;
  private final String ours;
  private final String theirs;
  private final Process nginx;

  private LostServer(String network, String ours, String theirs, Process nginx) {
    this.network = network;
    this.ours = ours;
    this.theirs = theirs;
    this.nginx = nginx;
  }

  /** Starts it, or skips the test where networks cannot be made. */
  static LostServer start(Path folder) throws Exception {
    long process = ProcessHandle.current().pid();
    String network = "u4j" + process;
    // Four addresses of those for tests (RFC 2544), other ones for each process.
    int first = (int) (process % 32_768) * 4;
    String prefix = "198." + (18 + (first >> 16)) + "." + (first >> 8 & 255) + ".";
    String ours = prefix + ((first & 255) + 1);
    String theirs = prefix + ((first & 255) + 2);
    assumeTrue(
        run("ip", "netns", "add", network) == 0,
        "a network of its own cannot be made (expected: root and iproute2)");
    try {
      String here = network + "a";
      String there = network + "b";
      must("ip", "link", "add", here, "type", "veth", "peer", "name", there, "netns", network);
      must("ip", "addr", "add", ours + "/30", "dev", here);
      must("ip", "link", "set", here, "up");
      must("ip", "-n", network, "addr", "add", theirs + "/30", "dev", there);
      must("ip", "-n", network, "link", "set", there, "up");
      return new LostServer(network, ours, theirs, nginx(network, theirs, folder));
    } catch (Exception | AssertionError e) {
      remove(network);
      throw e;
    }
  }

  private static void remove(String network) {
    // The link first: it would stay for a while after its network.
    run("ip", "link", "del", network + "a");
    run("ip", "netns", "del", network);
  }

  private static Process nginx(String network, String address, Path folder) throws Exception {
    Path configuration = folder.resolve("nginx.conf");
    Files.writeString(
        configuration,
        """
        daemon off;
        master_process off;
        pid nginx.pid;
        error_log error.log;
        events {}
        http {
          access_log off;
          client_body_temp_path body;
          proxy_temp_path proxy;
          fastcgi_temp_path proxy;
          uwsgi_temp_path proxy;
          scgi_temp_path proxy;
          server { listen %s:%d; location / { return 200 'hello'; } }
        }
        """
            .formatted(address, PORT));
    Path program = Nginx.find();
    assumeTrue(program != null, "nginx is not installed");
    Process nginx =
        new ProcessBuilder(
                "ip",
                "netns",
                "exec",
                network,
                program.toString(),
                "-p",
                folder.toString(),
                "-c",
                configuration.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("output.log").toFile())
            .start();
    Await.until("nginx listens", () -> !nginx.isAlive() || answers(address));
    if (!nginx.isAlive()) {
      throw new AssertionError(Files.readString(folder.resolve("output.log")));
    }
    return nginx;
  }

  private static boolean answers(String address) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(address, PORT), 1_000);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static int run(String... command) {
    try {
      return new ProcessBuilder(command)
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .onExit()
          .orTimeout(20, TimeUnit.SECONDS)
          .join()
          .exitValue();
    } catch (IOException e) {
      return -1; // there is no such program
    }
  }

  private static void must(String... command) {
    int status = run(command);
    if (status != 0) {
      throw new AssertionError(String.join(" ", command) + ": " + status);
    }
  }

  InetSocketAddress address() {
    return new InetSocketAddress(theirs, PORT);
  }

  /** What it sends goes nowhere from now on. */
  void lose() {
    must("ip", "-n", network, "route", "replace", "blackhole", ours + "/32");
  }

  @Override
  public void close() {
    nginx.destroyForcibly().onExit().orTimeout(20, TimeUnit.SECONDS).join();
    remove(network);
  }
}
