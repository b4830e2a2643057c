package io.upstream4j.distribution.gateway;

import io.netty.util.concurrent.Future;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Waits for event loops to do what ends a server, as long as they do. */
public final class Stopping {
  /** Longer than any loop takes that nothing blocks; one that is blocked is not waited for. */
  private static final long LIMIT_SECONDS = 5;

  private Stopping() {}

  /** Waits for all of them, 5 s at most. Not on an event loop. */
  public static void await(List<? extends Future<?>> steps) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
    for (Future<?> step : steps) {
      step.awaitUninterruptibly(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
    }
  }
}
