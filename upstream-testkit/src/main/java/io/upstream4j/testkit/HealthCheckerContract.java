package io.upstream4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.HealthCheck;
import io.upstream4j.api.spi.HealthChecker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/** The contract of health checks. A test class implements this interface and inherits the tests. */
public interface HealthCheckerContract extends PluginContract {
  @Override
  HealthChecker plugin();

  /** Returns the options of the tests: keys to texts, numbers, booleans, lists and maps. */
  default Map<String, ?> options() {
    return Map.of();
  }

  /** Returns a working backend. May set up the context's probe client. */
  Backend workingBackend(FakePluginContext context);

  /** Returns a backend that answers, but does not work. */
  Backend brokenBackend(FakePluginContext context);

  /** Returns a backend that cannot be reached. */
  Backend deadBackend(FakePluginContext context);

  /** Returns a backend that can be reached but never answers. */
  Backend silentBackend(FakePluginContext context);

  /** A working backend is healthy at every probe. */
  @Test
  default void aWorkingBackendIsHealthy() {
    FakePluginContext context = new FakePluginContext();
    try (HealthCheck check = newCheck(context)) {
      Backend backend = workingBackend(context);
      for (int i = 0; i < 3; i++) {
        assertThat(result(check.probe(backend))).isEqualTo(new HealthCheck.Healthy());
      }
    }
  }

  /** A backend that does not work is unhealthy, with a reason. */
  @Test
  default void aBrokenBackendIsUnhealthyForAReason() {
    FakePluginContext context = new FakePluginContext();
    try (HealthCheck check = newCheck(context)) {
      assertThat(reason(check.probe(brokenBackend(context)))).isNotBlank();
    }
  }

  /** A backend that cannot be reached is unhealthy, with a reason. */
  @Test
  default void aDeadBackendIsUnhealthyForAReason() {
    FakePluginContext context = new FakePluginContext();
    try (HealthCheck check = newCheck(context)) {
      assertThat(reason(check.probe(deadBackend(context)))).isNotBlank();
    }
  }

  /** A backend that recovers is healthy again. */
  @Test
  default void aBackendThatReturnsIsHealthyAgain() {
    FakePluginContext context = new FakePluginContext();
    try (HealthCheck check = newCheck(context)) {
      assertThat(reason(check.probe(deadBackend(context)))).isNotBlank();
      assertThat(result(check.probe(workingBackend(context)))).isEqualTo(new HealthCheck.Healthy());
    }
  }

  /** A probe does not wait for the answer. */
  @Test
  default void aProbeOfASilentBackendDoesNotBlock() {
    FakePluginContext context = new FakePluginContext();
    try (HealthCheck check = newCheck(context)) {
      Backend backend = silentBackend(context);
      assertTimeoutPreemptively(
          Duration.ofSeconds(30),
          () -> {
            CompletionStage<HealthCheck.Result> probe = check.probe(backend);
            assertThat(probe.toCompletableFuture()).isNotDone();
          });
    }
  }

  /** Many backends can be probed at once. */
  @Test
  default void manyProbesRunAtOnce() {
    FakePluginContext context = new FakePluginContext();
    try (HealthCheck check = newCheck(context)) {
      Backend backend = workingBackend(context);
      List<CompletionStage<HealthCheck.Result>> probes = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        probes.add(check.probe(backend));
      }
      assertThat(probes)
          .allSatisfy(probe -> assertThat(result(probe)).isEqualTo(new HealthCheck.Healthy()));
    }
  }

  /** A check can be closed while it waits for an answer. */
  @Test
  default void itClosesWhileAProbeIsUnderWay() {
    FakePluginContext context = new FakePluginContext();
    HealthCheck check = newCheck(context);
    check.probe(silentBackend(context));
    assertThatCode(check::close).doesNotThrowAnyException();
  }

  private HealthCheck newCheck(FakePluginContext context) {
    return plugin().create(Options.of(plugin().options(), Node.Mapping.of(options())), context);
  }

  private static HealthCheck.Result result(CompletionStage<HealthCheck.Result> probe) {
    try {
      return probe.toCompletableFuture().get(30, TimeUnit.SECONDS);
    } catch (InterruptedException | TimeoutException e) {
      throw new AssertionError("no result", e);
    } catch (ExecutionException e) {
      throw new AssertionError("no result but a failure", e);
    }
  }

  /**
   * Returns the reason as the core does: a failed stage counts as unhealthy, with its message as
   * the reason.
   */
  private static String reason(CompletionStage<HealthCheck.Result> probe) {
    HealthCheck.Result result =
        result(
            probe.exceptionally(
                failure -> new HealthCheck.Unhealthy(String.valueOf(failure.getMessage()))));
    assertThat(result).isInstanceOf(HealthCheck.Unhealthy.class);
    return ((HealthCheck.Unhealthy) result).reason();
  }
}
