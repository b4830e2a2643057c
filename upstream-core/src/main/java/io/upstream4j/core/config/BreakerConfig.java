package io.upstream4j.core.config;

import static java.util.Objects.requireNonNull;

import io.upstream4j.api.option.StatusRange;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * When a backend is ejected because its requests fail.
 *
 * @param protective whether the circuit opens after a few failures in a row if the other backends
 *     do better; see {@link #FEW_FAILURES} and {@link #MANY_FAILURES}
 * @param maxConsecutiveFailures the failures in a row that open the circuit regardless of the other
 *     backends; empty for no limit
 * @param maxFailurePercent the percentage of failed requests in the last interval that opens the
 *     circuit; empty for no limit
 * @param minRequests the requests in the interval from which the percentage is considered
 * @param successRate opens the circuit of a backend that does much worse than the others; empty for
 *     none
 * @param interval the interval of the percentage and the success rates
 * @param failureStatuses statuses that count as failures, like requests without a response
 * @param openDuration how long the circuit stays open the first time
 * @param halfOpenSuccesses the successes in a row that close it again
 * @param maxEjectedPercent the percentage of the upstream's backends whose circuits may be open at
 *     the same time
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
   * The failures in a row after which the backend is compared with the others. The circuit opens
   * if, within the last {@link #COMPARED}, at least as many of them answered without a failure as
   * failed.
   */
  public static final int FEW_FAILURES = 3;

  /**
   * The backend is compared again whenever its failures in a row reach a multiple of this number.
   * The circuit opens unless most of the others fail, too.
   */
  public static final int MANY_FAILURES = 10;

  /** The period over which the other backends are compared. */
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
   * Returns whether a response with this status counts as a failure. Statuses above 599 count as
   * 500 (RFC 9110, section 15).
   */
  public boolean isFailure(int status) {
    int known = status > GREATEST_STATUS ? SERVER_ERROR : status;
    for (int i = 0; i < failureStatuses.size(); i++) { // no iterator: called per request
      if (failureStatuses.get(i).contains(known)) {
        return true;
      }
    }
    return false;
  }
}
