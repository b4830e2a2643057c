package io.upstream4j.api.spi;

import static java.util.Objects.requireNonNull;

import java.util.concurrent.CompletionStage;

/**
 * One question to one backend: do you work?
 *
 * <p>When to ask, how often, how many at once, how long to wait and how many answers turn a
 * backend's state are the core's business.
 *
 * @implSpec Never blocks. Thread-safe. There is at most one probe of one backend at a time.
 */
public interface HealthCheck extends AutoCloseable {
  /**
   * Asks.
   *
   * @return completed by any thread; a stage that fails counts as unhealthy, with the exception's
   *     message for a reason. After the core's time limit the answer is no longer waited for.
   */
  CompletionStage<Result> probe(Backend backend);

  /** Ends what it started; nothing unless overridden. Called once. */
  @Override
  default void close() {}

  /** What a probe found. */
  sealed interface Result {}

  /** The backend works. */
  record Healthy() implements Result {}

  /**
   * The backend does not work.
   *
   * @param reason what is wrong, shown to people
   */
  record Unhealthy(String reason) implements Result {
    /** Checks the component. */
    public Unhealthy {
      requireNonNull(reason, "reason");
    }
  }
}
