package io.upstream4j.distribution.acceptance;

import static io.upstream4j.distribution.acceptance.Waiting.until;
import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.testserver.DockerEngine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the linked image under load while containers of a real engine start and stop. */
class DockerIT {
  private static final Duration SOON = Duration.ofSeconds(2);
  private static final String[] WEB = {"--label", "app=web"};

  @TempDir static Path engineFolder;
  private static DockerEngine engine;

  @TempDir Path folder;

  @BeforeAll
  static void start() throws Exception {
    engine = DockerEngine.start(engineFolder);
  }

  @AfterAll
  static void stop() throws Exception {
    if (engine != null) {
      engine.close();
    }
  }

  @AfterEach
  void removeContainers() throws Exception {
    engine.removeContainers();
  }

  private Image serve() throws IOException, InterruptedException {
    return Image.serve(
        folder,
        """
            upstreams:
              s:
                discovery: { docker: { docker_host: "%s" } }
                addrs: ["app=web"]
                read_timeout: 2s
                health_check: tcp://s?check_frequency=1s
            """
            .formatted(engine.host()),
        "");
  }

  /** Waits until the load has an answer of a new container, which takes at most two seconds. */
  private static Duration awaitUse(Load load, String container, long up) {
    until(() -> load.answers(container) > 0);
    Duration took = Duration.ofNanos(System.nanoTime() - up);
    assertThat(took).as(container).isLessThan(SOON);
    return took;
  }

  private static void awaitSoon() {
    long end = System.nanoTime() + SOON.toNanos();
    until(() -> System.nanoTime() - end > 0);
  }

  /** Four clients may have had a request in progress each; after those, there are no more. */
  private static void assertUnused(Load load, String container, String other) {
    long before = load.answers(other);
    until(() -> load.answers(other) > before + 20);
    long last = load.answers(container);
    until(() -> load.answers(other) > before + 200);
    assertThat(load.answers(container)).as(container).isEqualTo(last);
  }

  @Test
  void containersAreUsedAsSoonAsTheyAreUpAndNotAfterTheyAreDown() throws Exception {
    engine.runContainer("web-0", WEB);
    engine.awaitServing("web-0");
    try (Image image = serve();
        Load load = Load.start(image.gateway(), 4)) {
      until(() -> load.answers("web-0") > 20);
      Duration longest = Duration.ZERO;
      for (int i = 1; i < 20; i++) {
        engine.runContainer("web-" + i, WEB);
        Duration took = awaitUse(load, "web-" + i, System.nanoTime());
        longest = took.compareTo(longest) > 0 ? took : longest;
      }
      System.out.println("each of 20 containers had traffic within " + longest);

      for (int i = 1; i < 20; i += 6) {
        engine.docker("stop", "web-" + i);
        assertUnused(load, "web-" + i, "web-0");
      }
      load.stop();
      assertThat(load.failures()).isEmpty();
      assertThat(image.output()).doesNotContain("discovery failed");
    }
  }

  @Test
  void pausedAndUnhealthyContainersLeaveAndComeBack() throws Exception {
    engine.runContainer("steady", WEB);
    engine.runContainer("paused", WEB);
    engine.awaitServing("steady");
    engine.awaitServing("paused");
    engine.runContainer(
        "sick",
        "--label",
        "app=web",
        "--health-cmd",
        "test -f /tmp/fine",
        "--health-interval",
        "300ms",
        "--health-retries",
        "2");
    try (Image image = serve();
        Load load = Load.start(image.gateway(), 4)) {
      until(() -> load.answers("steady") > 100 && load.answers("paused") > 100);
      assertThat(load.answers("sick")).as("while it starts").isZero();
      engine.docker("exec", "sick", "touch", "/tmp/fine");
      until(() -> load.answers("sick") > 0);
      engine.docker("exec", "sick", "rm", "/tmp/fine");
      until(() -> statusOf("sick").contains("(unhealthy)"));
      awaitSoon();
      assertUnused(load, "sick", "steady");

      engine.docker("pause", "paused");
      awaitSoon();
      assertUnused(load, "paused", "steady");
      long before = load.answers("paused");
      engine.docker("unpause", "paused");
      long up = System.nanoTime();
      until(() -> load.answers("paused") > before);
      assertThat(Duration.ofNanos(System.nanoTime() - up)).isLessThan(SOON);
      load.stop();
      // A container paused between the head and the body of a response leaves no way to complete
      // it.
      assertThat(load.failures()).allMatch(failure -> failure.contains("closed after 0 bytes of"));
    }
  }

  private static String statusOf(String container) {
    try {
      return engine.docker("ps", "--filter", "name=" + container, "--format", "{{.Status}}");
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void whileTheEngineIsAwayNothingFailsAndWhatHappenedIsSeenAfterwards() throws Exception {
    engine.runContainer("stays", WEB);
    engine.runContainer("ends", WEB);
    engine.awaitServing("stays");
    engine.awaitServing("ends");
    String pid = engine.docker("inspect", "-f", "{{.State.Pid}}", "ends");
    try (Image image = serve();
        Load load = Load.start(image.gateway(), 4)) {
      until(() -> load.answers("stays") > 50 && load.answers("ends") > 50);
      engine.stop();
      until(() -> output(image).contains("upstream=s discovery failed: engine " + engine.host()));
      long before = load.answers("ends");
      until(() -> load.answers("ends") > before + 100);
      assertThat(new ProcessBuilder("kill", "-TERM", pid).start().waitFor()).isZero();
      engine.startAgain();
      engine.runContainer("later", WEB);
      until(() -> load.answers("later") > 0);
      assertUnused(load, "ends", "stays");
      until(() -> output(image).contains("upstream=s discovery works again"));
      load.stop();
      assertThat(load.failures()).isEmpty();
    }
  }

  @Test
  void anEngineThatComesLaterAndAWrongLabelHarmNothingElse() throws Exception {
    engine.stop();
    try (Image image = serve()) {
      until(() -> output(image).contains("upstream=s discovery failed: engine " + engine.host()));
      engine.startAgain();
      engine.runContainer("right", WEB);
      engine.runContainer("wrong", "--label", "app=web", "--label", "upstream4j.port=http");
      until(
          () ->
              output(image)
                  .contains(
                      "upstream=s discovery failed: container \"wrong\": upstream4j.port is \"http\""
                          + " (expected: 1 to 65535)"));
      until(() -> isServing(image)); // the server listens later than the container starts
      try (Load load = Load.start(image.gateway(), 1)) {
        until(() -> load.answers("right") > 20);
        load.stop();
        assertThat(load.failures()).isEmpty();
      }
    }
  }

  private static boolean isServing(Image image) {
    try {
      return ((HttpURLConnection) image.gateway().toURL().openConnection()).getResponseCode()
          == 200;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void thePluginIsListedWithItsFolder() throws Exception {
    Image.Finished plugins = Image.run(folder, "plugins");
    assertThat(plugins.out()).contains("plugins/docker/discovery-docker-");
    assertThat(plugins.err()).isEmpty();
    Path empty = Files.createDirectory(folder.resolve("empty"));
    assertThat(Image.run(folder, "plugins", "--plugins", empty.toString()).out())
        .doesNotContain("docker");
  }

  private static String output(Image image) {
    try {
      return image.output();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
