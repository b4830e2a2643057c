package io.upstream4j.core.runtime;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts something that may happen with each request, and has listeners hear of it the first time
 * and then at most every ten seconds. Used by any thread, without locks.
 */
public final class EventThrottle {
  private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long NEVER = Long.MIN_VALUE;

  private final LongAdder count = new LongAdder();
  private final AtomicLong announcedAt = new AtomicLong(NEVER);
  private volatile long announced;

  /** It happened once more; whether listeners are to hear of it, by a task of the caller's. */
  public boolean count(long nowNanos) {
    count.increment();
    long last = announcedAt.get();
    return (last == NEVER || nowNanos - last >= PAUSE_NANOS)
        && announcedAt.compareAndSet(last, nowNanos);
  }

  /** How often it happened since listeners heard of it, which they do now. Control loop only. */
  public long announce() {
    long all = count.sum();
    long fresh = all - announced;
    announced = all;
    return fresh;
  }

  /** How often it happened. */
  public long sum() {
    return count.sum();
  }
}
