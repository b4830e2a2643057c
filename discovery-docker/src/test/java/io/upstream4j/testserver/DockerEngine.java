package io.upstream4j.testserver;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.net.ConnectException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * A separate Docker engine for tests, with one image: busybox and its HTTP server on port 8080,
 * whose page is the container's name. Containers keep running while the engine is stopped.
 *
 * <p>It has its own bridge and pool of addresses, and does not change the packet filter. Engines
 * that share these, such as the machine's own, assign the same addresses and remove each other's
 * rules.
 */
public final class DockerEngine implements AutoCloseable {
  /** The name of the image. */
  public static final String IMAGE = "local/httpd:1";

  private static final long SECONDS = 60;
  private static final int PORT = 8080;

  private final Path folder;
  private final List<String> options;
  private final int subnet = ThreadLocalRandom.current().nextInt(256);
  private Process process;

  private DockerEngine(Path folder, List<String> options) {
    this.folder = folder;
    this.options = options;
  }

  private String bridge() {
    return "u4j" + subnet;
  }

  // Both are in the network that RFC 2544 reserves for benchmarks: 198.18.0.0/15.
  private String gateway() {
    return "198.18." + subnet + ".1/24";
  }

  private String poolOfNetworks() {
    return "base=198.19." + subnet + ".0/24,size=27";
  }

  /**
   * Starts an engine.
   *
   * @param folder an empty folder with a short path, because socket paths are limited
   * @param options additional options of dockerd
   */
  public static DockerEngine start(Path folder, String... options)
      throws IOException, InterruptedException {
    for (String program : List.of("dockerd", "docker", "busybox", "ip", "tar")) {
      assumeTrue(
          isInstalled(program),
          program + " is not installed (expected: Debian's docker.io, busybox-static, iproute2)");
    }
    assumeTrue(
        new ProcessBuilder("id", "-u").start().inputReader().readLine().equals("0"),
        "not root (expected: an engine of its own needs that)");
    DockerEngine engine = new DockerEngine(folder, List.of(options));
    exec(List.of("ip", "link", "add", engine.bridge(), "type", "bridge"), folder.toFile());
    exec(
        List.of("ip", "address", "add", engine.gateway(), "dev", engine.bridge()), folder.toFile());
    exec(List.of("ip", "link", "set", engine.bridge(), "up"), folder.toFile());
    engine.startAgain();
    engine.makeImage();
    return engine;
  }

  private static boolean isInstalled(String program) {
    for (String folder : (System.getenv("PATH") + ":/usr/sbin:/sbin").split(":", -1)) {
      if (Files.isExecutable(Path.of(folder, program))) {
        return true;
      }
    }
    return false;
  }

  /** Returns the value of {@code DOCKER_HOST} for this engine. */
  public String host() {
    return "unix://" + folder.resolve("s");
  }

  /** Restarts the engine after {@link #stop}. */
  public void startAgain() throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                "dockerd",
                "--data-root",
                folder.resolve("data").toString(),
                "--exec-root",
                folder.resolve("exec").toString(),
                "--pidfile",
                folder.resolve("pid").toString(),
                "--live-restore",
                "--bridge",
                bridge(),
                "--default-address-pool",
                poolOfNetworks(),
                "--iptables=false",
                "--ip-forward=false",
                "-H",
                host()));
    command.addAll(options);
    Path log = folder.resolve("log");
    process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS); ; ) {
      if (run(false, List.of("version")).status() == 0) {
        return;
      }
      if (!process.isAlive() || System.nanoTime() > end) {
        throw new IOException("dockerd did not start: " + Files.readString(log));
      }
      process.waitFor(50, TimeUnit.MILLISECONDS);
    }
  }

  /** Stops the engine; its containers keep running. */
  public void stop() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
  }

  private void makeImage() throws IOException, InterruptedException {
    Path root = Files.createDirectories(folder.resolve("image"));
    for (String directory : List.of("bin", "www", "tmp", "etc", "proc", "sys", "dev")) {
      Files.createDirectories(root.resolve(directory));
    }
    Files.copy(Path.of("/bin/busybox").toRealPath(), root.resolve("bin/busybox"));
    for (String tool : List.of("sh", "httpd", "hostname", "test", "rm", "touch", "sleep", "kill")) {
      Files.createSymbolicLink(root.resolve("bin").resolve(tool), Path.of("busybox"));
    }
    Files.writeString(root.resolve("etc/passwd"), "root:x:0:0:root:/:/bin/sh\n");
    // On SIGTERM it accepts nothing new and finishes requests in progress, like a server that shuts
    // down gracefully.
    Files.writeString(
        root.resolve("bin/serve"),
        """
        #!/bin/sh
        hostname > /www/index.html
        httpd -f -p "${PORT:-8080}" -h /www &
        trap 'kill $!; sleep 1; exit 0' TERM
        wait $!
        """);
    root.resolve("bin/serve").toFile().setExecutable(true, false);
    Path archive = folder.resolve("image.tar");
    exec(List.of("tar", "-C", root.toString(), "-cf", archive.toString(), "."), folder.toFile());
    docker(
        "import",
        "-c",
        "ENV PATH=/bin",
        "-c",
        "EXPOSE 8080",
        "-c",
        "CMD [\"/bin/serve\"]",
        archive.toString(),
        IMAGE);
  }

  /** Runs {@code docker} with these arguments; returns its standard output. */
  public String docker(String... arguments) throws IOException, InterruptedException {
    Finished finished = run(true, List.of(arguments));
    return finished.output().strip();
  }

  /** Returns the standard output and the errors of a container. */
  public String logs(String container) throws IOException, InterruptedException {
    Finished finished = run(true, List.of("logs", container));
    return finished.output() + finished.errors();
  }

  /** Runs a container whose host name is its name; {@code arguments} go before the image. */
  public String runContainer(String name, String... arguments)
      throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(List.of("run", "-d", "--name", name, "--hostname", name));
    all.addAll(List.of(arguments));
    all.add(IMAGE);
    return docker(all.toArray(String[]::new));
  }

  /** Runs a container in the network of another one, listening on its own port. */
  public String runInNetworkOf(String container, int port)
      throws IOException, InterruptedException {
    return docker("run", "-d", "--network", "container:" + container, "-e", "PORT=" + port, IMAGE);
  }

  /** Waits until a container's server listens, which is later than its start. */
  public void awaitServing(String name) throws IOException, InterruptedException {
    String address =
        docker("inspect", "-f", "{{.NetworkSettings.Networks.bridge.IPAddress}}", name);
    for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS); ; ) {
      try (Socket socket = new Socket(address, PORT)) {
        if (socket.isConnected()) {
          return;
        }
      } catch (ConnectException e) {
        if (System.nanoTime() > end) {
          throw e;
        }
        process.waitFor(20, TimeUnit.MILLISECONDS);
      }
    }
  }

  private record Finished(int status, String output, String errors) {}

  private Finished run(boolean mustWork, List<String> arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("docker", "-H", host()));
    command.addAll(arguments);
    Path errors = Files.createTempFile(folder, "errors", "");
    try {
      Process docker = new ProcessBuilder(command).redirectError(errors.toFile()).start();
      String output = new String(docker.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      Finished finished = new Finished(docker.waitFor(), output, Files.readString(errors));
      if (mustWork && finished.status() != 0) {
        throw new IOException(command + ": " + output + finished.errors());
      }
      return finished;
    } finally {
      Files.delete(errors);
    }
  }

  private static void exec(List<String> command, File directory)
      throws IOException, InterruptedException {
    Process started =
        new ProcessBuilder(command).directory(directory).redirectErrorStream(true).start();
    String output = new String(started.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (started.waitFor() != 0) {
      throw new IOException(command + ": " + output);
    }
  }

  /** Removes all containers. Starts the engine if necessary, because containers outlive it. */
  public void removeContainers() throws IOException, InterruptedException {
    if (!process.isAlive()) {
      startAgain();
    }
    String all = docker("ps", "-aq");
    if (!all.isEmpty()) {
      List<String> remove = new ArrayList<>(List.of("rm", "-f"));
      remove.addAll(all.lines().toList());
      docker(remove.toArray(String[]::new));
    }
  }

  /** Removes all containers and networks, and stops the engine. */
  @Override
  public void close() throws IOException {
    try {
      removeContainers();
      // Bridges of networks would outlive the engine.
      docker("network", "prune", "--force");
      stop();
      new ProcessBuilder("ip", "link", "delete", bridge()).start().waitFor();
      for (String mount : List.of("data", "exec/netns/default")) {
        // Remove mounts that the engine leaves, because they keep the folder from being deleted.
        new ProcessBuilder("umount", "-l", folder.resolve(mount).toString()).start().waitFor();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroyForcibly();
    }
  }
}
