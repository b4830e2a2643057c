package io.upstream4j.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.upstream4j.api.option.ConfigException;
import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Problem;
import io.upstream4j.api.spi.Attributes;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.core.event.UpstreamEvent;
import io.upstream4j.core.event.UpstreamEvent.BackendAdded;
import io.upstream4j.core.event.UpstreamEvent.BackendUnhealthy;
import io.upstream4j.core.event.UpstreamEvent.ConfigRefused;
import io.upstream4j.core.event.UpstreamEvent.DiscoveryFailed;
import io.upstream4j.core.event.UpstreamEvent.UpstreamDown;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogTest {
  private static final InstantSource NOON =
      InstantSource.fixed(Instant.parse("2026-11-30T12:00:00.123456Z"));

  private final StringWriter written = new StringWriter();

  private Log log(Log.Format format, @Nullable InstantSource clock) {
    return new Log(new PrintWriter(written, true), format, clock);
  }

  private static BackendUnhealthy refused() {
    return new BackendUnhealthy("api", new Endpoint("10.0.0.1", 80), "connection refused");
  }

  @Test
  void anEventIsOneLineWithItsLevelItsUpstreamAndItsBackend() {
    Log log = log(Log.Format.TEXT, null);
    List<UpstreamEvent> events =
        List.of(
            refused(),
            new BackendAdded(
                "api", new Backend(new Endpoint("10.0.0.1", 80), 5, Attributes.none())),
            new UpstreamDown("api"),
            new DiscoveryFailed("api", "no\nanswer"));

    events.forEach(log::event);

    assertThat(written.toString().lines())
        .containsExactly(
            "WARN upstream=api backend=10.0.0.1:80 unhealthy: connection refused",
            "INFO upstream=api backend=10.0.0.1:80 added, weight 5",
            "ERROR upstream=api no backend is healthy",
            "WARN upstream=api discovery failed: no answer");
  }

  @Test
  void aRefusedConfigurationIsSaidToBeRefusedWithALineForEachProblem() {
    Log log = log(Log.Format.TEXT, null);
    Problem one = new Problem(new Location("u.yaml", 1, 2), "a", "wrong (expected: right)");
    Problem two = new Problem(new Location("u.yaml", 3, 4), "b", "bad (expected: good)");

    log.event(new ConfigRefused(new ConfigException(List.of(one)).getMessage()));
    log.event(new ConfigRefused(new ConfigException(List.of(one, two)).getMessage()));
    log.refused(new ConfigException(List.of(one)));

    assertThat(written.toString().lines())
        .containsExactly(
            "ERROR configuration refused, the running one stays: u.yaml:1:2: a: wrong (expected:"
                + " right)",
            "ERROR configuration refused, the running one stays (1 of 2): u.yaml:1:2: a: wrong"
                + " (expected: right)",
            "ERROR configuration refused, the running one stays (2 of 2): u.yaml:3:4: b: bad"
                + " (expected: good)",
            "ERROR configuration refused: u.yaml:1:2: a: wrong (expected: right)");
  }

  @Test
  void aLineHasTheTimeWhereNobodyAddsIt() {
    log(Log.Format.TEXT, NOON).info("stopping");

    assertThat(written).hasToString("2026-11-30T12:00:00.123Z INFO stopping\n");
  }

  @Test
  void jsonHasTheSameInFields() throws Exception {
    Log log = log(Log.Format.JSON, NOON);

    log.event(refused());
    log.info("say \"hello\"");

    List<String> lines = written.toString().lines().toList();
    assertThat(lines).hasSize(2);
    JsonNode event = new ObjectMapper().readTree(lines.get(0));
    assertThat(event.get("time").textValue()).isEqualTo("2026-11-30T12:00:00.123Z");
    assertThat(event.get("level").textValue()).isEqualTo("WARN");
    assertThat(event.get("event").textValue()).isEqualTo("backend_unhealthy");
    assertThat(event.get("upstream").textValue()).isEqualTo("api");
    assertThat(event.get("backend").textValue()).isEqualTo("10.0.0.1:80");
    assertThat(event.get("message").textValue()).isEqualTo("unhealthy: connection refused");
    assertThat(new ObjectMapper().readTree(lines.get(1)).get("message").textValue())
        .isEqualTo("say \"hello\"");
  }

  @Test
  void whatLibrariesLogIsALineOfTheSameForm() {
    BackgroundLog.to(log(Log.Format.TEXT, null));
    System.Logger logger = new BackgroundLog().getLogger("any", LogTest.class.getModule());

    logger.log(System.Logger.Level.WARNING, "{0} of {1}", 1, 2);
    logger.log(System.Logger.Level.WARNING, "as {it} stands");
    logger.log(System.Logger.Level.DEBUG, "unseen");
    logger.log(System.Logger.Level.ERROR, "failed", new IllegalStateException("no"));
    java.util.logging.Logger.getLogger("io.netty").warning("odd");

    assertThat(written.toString().lines())
        .hasSize(4)
        .contains("WARN 1 of 2", "WARN as {it} stands", "WARN odd")
        .anyMatch(line -> line.startsWith("ERROR failed java.lang.IllegalStateException: no at "));
  }

  @Test
  void theJournalIsKnownByTheDeviceAndInodeOfTheStream(@TempDir Path folder) throws Exception {
    Path stream = Files.createFile(folder.resolve("stream"));
    String own =
        Files.getAttribute(stream, "unix:dev") + ":" + Files.getAttribute(stream, "unix:ino");

    assertThat(Journal.isAttached(own, stream)).isTrue();
    assertThat(Journal.isAttached("1:1", stream)).isFalse();
    assertThat(Journal.isAttached(null, stream)).isFalse();
    assertThat(Journal.isAttached(own, folder.resolve("none"))).isFalse();
  }
}
