package io.upstream4j.core.config;

import static java.util.Objects.requireNonNull;

import io.upstream4j.api.option.StatusRange;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * When a backend's requests fail so often that it gets none for a while.
 *
 * @param protective whether the circuit opens after a few failures in a row when the other backends
 *     do better, as {@link #FEW_FAILURES} and {@link #MANY_FAILURES} say
 * @param maxConsecutiveFailures failures in a row that open the circuit whatever the others do;
 *     empty for any number
 * @param maxFailurePercent failures per hundred requests of the last interval that open it; empty
 *     for any part
 * @param minRequests with fewer requests in the interval the percentage says nothing
 * @param successRate when a backend does so much worse than the others that its circuit opens;
 *     empty for whatever they do
 * @param interval over which the percentage is taken, and the success rates
 * @param failureStatuses responses that count as failures, beside requests without a response
 * @param openDuration how long the circuit stays open the first time
 * @param halfOpenSuccesses good responses in a row that close it again
 * @param maxEjectedPercent of the upstream's backends, whose circuits may be open at the same time
 */
public record BreakerConfig(
    boolean protective,
    OptionalInt maxConsecutiveFailures,
    OptionalInt maxFailurePercent,
    int minRequests,
    Optional<SuccessRateConfig> successRate,
    Duration interval,
    List<StatusRange> failureStatuses,
    Duration openDuration,
    int halfOpenSuccesses,
    int maxEjectedPercent) {
  /**
   * Failures in a row after which the others are looked at: the circuit opens when at least as many
   * of them have answered in the last {@link #COMPARED} without a failure as have failed.
   */
  public static final int FEW_FAILURES = 3;

  /** And again after each so many: it opens unless most of the others are failing as well. */
  public static final int MANY_FAILURES = 10;

  /** How far back the others are looked at. */
  public static final Duration COMPARED = Duration.ofSeconds(10);

  private static final int SERVER_ERROR = 500;
  private static final int GREATEST_STATUS = 599;

  /** Copies and checks the components. */
  public BreakerConfig {
    requireNonNull(maxConsecutiveFailures, "maxConsecutiveFailures");
    requireNonNull(maxFailurePercent, "maxFailurePercent");
    requireNonNull(successRate, "successRate");
    requireNonNull(interval, "interval");
    requireNonNull(openDuration, "openDuration");
    failureStatuses = List.copyOf(failureStatuses);
  }

  /**
   * Whether a response of that status counts as a failure. One above 599 counts as 500 does (RFC
   * 9110, 15).
   */
  public boolean isFailure(int status) {
    int known = status > GREATEST_STATUS ? SERVER_ERROR : status;
    for (int i = 0; i < failureStatuses.size(); i++) { // no iterator, as this is asked per request
      if (failureStatuses.get(i).contains(known)) {
        return true;
      }
    }
    return false;
  }
}
