package io.upstream4j.distribution.gateway;

import io.netty.util.concurrent.Future;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Waits until event loops have completed the steps of stopping a server. */
public final class Stopping {
  /** Long enough for any loop that is not blocked. */
  private static final long LIMIT_SECONDS = 5;

  private Stopping() {}

  /** Waits for all futures, at most 5 s. Must not be called on an event loop. */
  public static void await(List<? extends Future<?>> steps) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
    for (Future<?> step : steps) {
      step.awaitUninterruptibly(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
    }
  }
}
