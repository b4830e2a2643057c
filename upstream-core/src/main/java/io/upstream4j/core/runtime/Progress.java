package io.upstream4j.core.runtime;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Wakes those who wait for something to come true. */
public final class Progress {
  /** It may have come true. Called by the control loop; holds it up for an instant at most. */
  public synchronized void announce() {
    notifyAll();
  }

  /** Waits; returns whether it came true within the limit. */
  public synchronized boolean await(BooleanSupplier condition, Duration limit)
      throws InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    while (!condition.getAsBoolean()) {
      long left = end - System.nanoTime();
      if (left <= 0) {
        return false;
      }
      TimeUnit.NANOSECONDS.timedWait(this, left);
    }
    return true;
  }
}
