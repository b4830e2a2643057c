package io.upstream4j.discovery.dns;

import java.time.Duration;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * When to ask again. Immutable.
 *
 * @param minTtl what a smaller time to live counts as
 * @param maxTtl what a greater one counts as
 * @param updateFrequency the longest pause whatever the time to live; null for none
 * @param random evenly from 0 to 1, so that many upstreams do not ask at one moment for ever
 */
record Pace(
    Duration minTtl, Duration maxTtl, @Nullable Duration updateFrequency, DoubleSupplier random) {
  private static final double ANSWER_JITTER = 0.05;
  private static final double FAILURE_JITTER = 0.2;
  private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
  private static final int DOUBLINGS = 5;

  /**
   * The pause after an answer: its time to live between the bounds, less up to 5 % of it, so that a
   * change is never seen later than it may be; at the lower bound, more.
   *
   * @param ttl 0 or more
   */
  Duration afterAnswer(Duration ttl) {
    long shortest = minTtl.toNanos();
    long clamped = Math.min(maxTtl.toNanos(), Math.max(shortest, ttl.toNanos()));
    long jitter = (long) (clamped * ANSWER_JITTER * random.getAsDouble());
    long pause = clamped - jitter < shortest ? clamped + jitter : clamped - jitter;
    return bounded(pause);
  }

  /**
   * The pause after a failure: a second, doubled each time up to 32 s, less up to a fifth of it.
   *
   * @param failures in a row, 1 or more
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
