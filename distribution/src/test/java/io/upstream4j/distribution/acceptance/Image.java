package io.upstream4j.distribution.acceptance;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The linked image's {@code upstream serve} as a separate process. */
final class Image implements AutoCloseable {
  private static final Path LAUNCHER = Path.of("target/upstream/bin/upstream").toAbsolutePath();
  private static final Pattern LISTENING = Pattern.compile("listening on (http://\\S+)");
  private static final Pattern SECURE = Pattern.compile("listening on https://\\S+:(\\d+)");
  private static final Pattern ADMIN = Pattern.compile("admin on (http://\\S+)");

  private final Process process;
  private final Path output;
  private final URI gateway;
  private final URI admin;

  private Image(Process process, Path output) throws IOException, InterruptedException {
    this.process = process;
    this.output = output;
    this.gateway = URI.create(await(LISTENING));
    this.admin = URI.create(await(ADMIN));
    Waiting.until(this::isReady); // it listens before discovery has answered
  }

  private boolean isReady() {
    try {
      HttpURLConnection asked =
          (HttpURLConnection) admin.resolve("/readyz").toURL().openConnection(Proxy.NO_PROXY);
      try {
        return asked.getResponseCode() == 200;
      } finally {
        asked.disconnect();
      }
    } catch (IOException e) {
      return false;
    }
  }

  /** Starts the gateway on free ports and waits until it listens. */
  static Image serve(Path folder, String yaml, String javaOptions, String... more)
      throws IOException, InterruptedException {
    Path config = folder.resolve("upstreams.yaml");
    Files.writeString(config, yaml);
    Path output = folder.resolve("upstream.log");
    List<String> command =
        new ArrayList<>(
            List.of(
                LAUNCHER.toString(),
                "serve",
                "--config",
                config.toString(),
                "--listen",
                "127.0.0.1:0",
                "--admin",
                "127.0.0.1:0"));
    command.addAll(List.of(more));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
    builder.environment().remove("JAVA_HOME");
    builder.environment().put("UPSTREAM_JAVA_OPTS", javaOptions);
    return new Image(builder.start(), output);
  }

  /**
   * Starts the gateway like {@link #serve}, also with a TLS address and a certificate of the
   * folder.
   */
  static Image serveTls(Path folder, String yaml, String javaOptions, String certificate)
      throws IOException, InterruptedException {
    return serve(
        folder,
        yaml,
        javaOptions,
        "--tls-listen",
        "127.0.0.1:0",
        "--tls-cert",
        folder.resolve(certificate + ".pem").toString(),
        "--tls-key",
        folder.resolve(certificate + ".key").toString());
  }

  /** Runs a command to its end. */
  static Finished run(Path folder, String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(LAUNCHER.toString()));
    command.addAll(List.of(arguments));
    Path out = folder.resolve("run.out");
    Path err = folder.resolve("run.err");
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IOException(command + " did not end");
    }
    return new Finished(process.exitValue(), Files.readString(out), Files.readString(err));
  }

  record Finished(int status, String out, String err) {}

  URI gateway() {
    return gateway;
  }

  URI admin() {
    return admin;
  }

  /** Returns the port of {@code --tls-listen}. */
  int securePort() throws IOException, InterruptedException {
    return Integer.parseInt(await(SECURE));
  }

  /**
   * Returns the sum of the series of a name, or the series with these labels, at {@code /metrics}.
   */
  long metric(String series) throws IOException {
    try (InputStream metrics =
        admin.resolve("/metrics").toURL().openConnection(Proxy.NO_PROXY).getInputStream()) {
      return new String(metrics.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> line.startsWith(series + "{") || line.startsWith(series + " "))
          .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
          .reduce(Long::sum)
          .orElseThrow(() -> new AssertionError("no series " + series));
    }
  }

  long pid() {
    return process.pid();
  }

  String output() throws IOException {
    return Files.readString(output);
  }

  /** Returns the resident memory in bytes. */
  long residentBytes() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
      }
    }
    throw new IOException("no VmRSS of " + process.pid());
  }

  void signal(String name) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
  }

  int awaitExit() throws IOException, InterruptedException {
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      throw new IOException("still running: " + output());
    }
    return process.exitValue();
  }

  /** Waits for a match in the output and returns its first group. */
  String await(Pattern pattern) throws IOException, InterruptedException {
    for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60); ; ) {
      String printed = Files.exists(output) ? output() : "";
      Matcher matcher = pattern.matcher(printed);
      if (matcher.find()) {
        return matcher.groupCount() == 0 ? matcher.group() : matcher.group(1);
      }
      if (!process.isAlive() || System.nanoTime() > end) {
        process.destroyForcibly();
        throw new IOException("no \"" + pattern + "\" in: " + printed);
      }
      process.waitFor(20, TimeUnit.MILLISECONDS);
    }
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().orTimeout(10, TimeUnit.SECONDS).join();
  }
}
