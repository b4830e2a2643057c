package io.upstream4j.distribution;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests the linked image as a process: its launcher, its signals and its exit statuses. */
@Timeout(120)
class ImageIT {
  private static final Path IMAGE = Path.of("target/upstream").toAbsolutePath();

  @TempDir Path folder;
  private final TestBackends backends = new TestBackends();
  private final Captured.Text printed = new Captured.Text();
  private final List<Process> started = new ArrayList<>();

  @AfterEach
  void close() throws InterruptedException {
    for (Process process : started) {
      process.destroyForcibly().waitFor();
    }
    backends.close();
  }

  /** Starts a command whose standard output and errors go to {@link #printed}. */
  private Process start(Path launcher, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(launcher.toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
    builder.environment().keySet().removeAll(Set.of("JAVA_HOME", "UPSTREAM_JAVA_OPTS"));
    Process process = builder.start();
    started.add(process);
    new Thread(() -> copy(process), "output of " + command).start();
    return process;
  }

  private void copy(Process process) {
    try (Stream<String> lines = process.inputReader(UTF_8).lines()) {
      lines.forEach(
          line -> {
            char[] chars = (line + "\n").toCharArray();
            printed.write(chars, 0, chars.length);
          });
    }
  }

  private int run(String... arguments) throws Exception {
    return exit(start(IMAGE.resolve("bin/upstream"), arguments));
  }

  private int exit(Process process) throws Exception {
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("ended: %s", printed).isTrue();
    return process.exitValue();
  }

  private Process serve(String yaml) throws IOException {
    Files.writeString(folder.resolve("upstreams.yaml"), yaml);
    return start(
        IMAGE.resolve("bin/upstream"),
        "serve",
        "--config",
        "upstreams.yaml",
        "--listen",
        "127.0.0.1:0",
        "--admin",
        "127.0.0.1:0");
  }

  private URI gateway() throws InterruptedException {
    return URI.create(printed.await("listening on (http://\\S+) "));
  }

  private static void signal(String name, Process process) throws Exception {
    String pid = Long.toString(process.pid());
    assertThat(new ProcessBuilder("kill", "-" + name, pid).start().waitFor()).isZero();
  }

  private static String get(URI address) throws IOException {
    HttpURLConnection connection =
        (HttpURLConnection) address.resolve("/").toURL().openConnection();
    try (InputStream body = connection.getInputStream()) {
      return new String(body.readAllBytes(), UTF_8);
    }
  }

  @Test
  void aHangupWithAWrongFileKeepsServingAndWithARightOneChanges() throws Exception {
    DemoBackend one = backends.start("one");
    DemoBackend two = backends.start("two");
    Process process = serve(TestBackends.yaml(one));
    URI gateway = gateway();
    assertThat(get(gateway)).contains("one");

    Files.writeString(folder.resolve("upstreams.yaml"), "upstreams: { web: { adrs: [] } }\n");
    signal("HUP", process);
    printed.await(
        "configuration refused, the running one stays: .*upstreams.yaml:1:[0-9]+: upstreams.web.adrs: .*\n");
    assertThat(get(gateway)).contains("one");

    Files.writeString(folder.resolve("upstreams.yaml"), TestBackends.yaml(two));
    signal("HUP", process);
    printed.await("upstream=web backend=" + one.address() + " removed\n");
    assertThat(get(gateway)).contains("two");

    signal("TERM", process);
    assertThat(exit(process)).isZero();
  }

  @Test
  void aTerminationAnswersTheRequestUnderWayAndExitsWithZero() throws Exception {
    try (ServerSocket slow = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      int port = slow.getLocalPort();
      Process process =
          serve(
              "upstreams: { slow: { addrs: [\"127.0.0.1:" + port + "\"], health_check: none } }\n");
      URI gateway = gateway();
      CompletableFuture<String> answer =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return get(gateway);
                } catch (IOException e) {
                  return e.toString();
                }
              });
      try (Socket request = slow.accept()) {
        signal("TERM", process);
        printed.await("stopping\n");
        request
            .getOutputStream()
            .write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone".getBytes(US_ASCII));
        assertThat(answer.get(30, TimeUnit.SECONDS)).isEqualTo("done");
      }
      assertThat(exit(process)).isZero();
    }
  }

  @Test
  void aSecondInterruptEndsAtOnce() throws Exception {
    try (ServerSocket never = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      int port = never.getLocalPort();
      Process process =
          serve(
              "upstreams: { slow: { addrs: [\"127.0.0.1:" + port + "\"], health_check: none } }\n");
      URI gateway = gateway();
      try (Socket client = new Socket(gateway.getHost(), gateway.getPort())) {
        client.getOutputStream().write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(US_ASCII));
        try (Socket request = never.accept()) {
          assertThat(request.getInputStream().read()).isEqualTo('G');
          signal("INT", process);
          printed.await("stopping\n");
          signal("INT", process);
          assertThat(exit(process)).isEqualTo(1);
        }
      }
    }
  }

  @Test
  void theDemoEndsByItself() throws Exception {
    assertThat(run("demo", "--listen", "127.0.0.1:0", "--for", "1500ms")).isZero();
    assertThat(printed.toString()).containsPattern("\n  failed +0\n").doesNotContain("WARN");
  }

  @Test
  void thePluginsAreInTheImage() throws Exception {
    assertThat(run("plugins")).isZero();
    assertThat(printed.toString())
        .containsPattern("algo +round_robin .*built in")
        .containsPattern("discovery +static .*built in")
        .containsPattern("health_check +http .*built in");
  }

  @Test
  void itStartsThroughLinksFromAnyFolder() throws Exception {
    Path inner = Files.createSymbolicLink(folder.resolve("inner"), IMAGE.resolve("bin/upstream"));
    Path bin = Files.createDirectory(folder.resolve("a folder"));
    Path outer =
        Files.createSymbolicLink(bin.resolve("up"), Path.of("..").resolve(inner.getFileName()));
    assertThat(exit(start(outer, "--version"))).isZero();
    assertThat(printed.toString())
        .containsPattern("\\Aupstream [0-9]+\\.[0-9]+\\.[0-9]+\\S*\nJava ");
  }

  @Test
  void onLinuxItUsesEpoll() throws Exception {
    Process process = serve(TestBackends.yaml(backends.start("one")));
    String transport = printed.await("listening on http://\\S+ \\((\\w+)\\)");
    boolean linux = System.getProperty("os.name").equals("Linux");
    assertThat(transport).isEqualTo(linux ? "epoll" : "nio");
    signal("TERM", process);
    assertThat(exit(process)).isZero();
  }

  @Test
  void aWrongFileExitsWithTwo() throws Exception {
    assertThat(run("check", "--config", "missing.yaml")).isEqualTo(2);
    assertThat(printed.toString()).contains("missing.yaml:1:1: no such file");
  }
}
