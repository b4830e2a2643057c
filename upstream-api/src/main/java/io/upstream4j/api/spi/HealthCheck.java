package io.upstream4j.api.spi;

import static java.util.Objects.requireNonNull;

import java.util.concurrent.CompletionStage;

/**
 * Checks whether a backend works.
 *
 * <p>The core decides when to probe, how often, how many backends at once, how long to wait, and
 * how many results change a backend's state.
 *
 * @implSpec Does not block. Thread-safe. A backend has at most one probe in progress.
 */
public interface HealthCheck extends AutoCloseable {
  /**
   * Starts a probe of a backend.
   *
   * @return the result, completed by any thread. A failed stage counts as unhealthy, with the
   *     exception's message as the reason. The core ignores a result that arrives after its time
   *     limit.
   */
  CompletionStage<Result> probe(Backend backend);

  /** Releases the resources of the check. Does nothing unless overridden. Called once. */
  @Override
  default void close() {}

  /** The result of a probe. */
  sealed interface Result {}

  /** The backend works. */
  record Healthy() implements Result {}

  /**
   * The backend does not work.
   *
   * @param reason what is wrong, shown to users
   */
  record Unhealthy(String reason) implements Result {
    /** Checks the component. */
    public Unhealthy {
      requireNonNull(reason, "reason");
    }
  }
}
