package io.upstream4j.discovery.dns;

import java.time.Duration;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Decides when to look up again. Immutable.
 *
 * @param minTtl the lower bound of the time to live
 * @param maxTtl the upper bound of the time to live
 * @param updateFrequency the longest pause regardless of the time to live; null for none
 * @param random evenly distributed from 0 to 1, so that many upstreams do not ask at the same time
 */
record Pace(
    Duration minTtl, Duration maxTtl, @Nullable Duration updateFrequency, DoubleSupplier random) {
  private static final double ANSWER_JITTER = 0.05;
  private static final double FAILURE_JITTER = 0.2;
  private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
  private static final int DOUBLINGS = 5;

  /**
   * Returns the pause after an answer: its time to live within the bounds, less up to 5 %, so that
   * a change is never seen too late. At the lower bound, up to 5 % are added instead.
   *
   * @param ttl not negative
   */
  Duration afterAnswer(Duration ttl) {
    long shortest = minTtl.toNanos();
    long clamped = Math.min(maxTtl.toNanos(), Math.max(shortest, ttl.toNanos()));
    long jitter = (long) (clamped * ANSWER_JITTER * random.getAsDouble());
    long pause = clamped - jitter < shortest ? clamped + jitter : clamped - jitter;
    return bounded(pause);
  }

  /**
   * Returns the pause after a failure: 1 s, doubled for each further failure up to 32 s, less up to
   * 20 %.
   *
   * @param failures the number of failures in a row, at least 1
   */
  Duration afterFailure(int failures) {
    long pause = FIRST_RETRY.toNanos() << Math.min(failures - 1, DOUBLINGS);
    return bounded(pause - (long) (pause * FAILURE_JITTER * random.getAsDouble()));
  }

  private Duration bounded(long nanos) {
    long bound = updateFrequency == null ? Long.MAX_VALUE : updateFrequency.toNanos();
    return Duration.ofNanos(Math.min(nanos, bound));
  }
}
