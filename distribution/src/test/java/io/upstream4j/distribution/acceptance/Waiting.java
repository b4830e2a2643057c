package io.upstream4j.distribution.acceptance;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for other processes. */
final class Waiting {
  private static final Duration LIMIT = Duration.ofMinutes(1);

  private Waiting() {}

  /** Waits up to a minute until a condition holds. */
  static void until(BooleanSupplier condition) {
    until(condition, Duration.ZERO);
  }

  /** Waits until a condition holds, up to a minute longer than it needs. */
  static void until(BooleanSupplier condition, Duration needed) {
    long end = System.nanoTime() + needed.plus(LIMIT).toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - end > 0) {
        throw new AssertionError("not within " + needed.plus(LIMIT));
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
    }
  }
}
