package io.upstream4j.core.backends;

import io.upstream4j.core.config.BreakerConfig;
import io.upstream4j.core.stats.CircuitState;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How the last requests of one backend went, and whether it may have more: the request path's half
 * of the circuit breaker. Counts without locks and without allocating; the state is changed by the
 * control loop only, see {@link CircuitBreaker}.
 *
 * <p>The interval is two halves, the present one and the one before, so that nothing is forgotten
 * at once. Each is one word: its number above, requests and failures below.
 */
public final class Circuit {
  private static final int BITS = 24;
  private static final long MASK = (1L << BITS) - 1;
  private static final int NUMBER_SHIFT = 2 * BITS;
  private static final long NUMBERS = 0xFFFF;
  private static final long COUNTS = (1L << NUMBER_SHIFT) - 1;
  private static final long REQUEST = 1;
  private static final long FAILURE = 1L << BITS;

  private final AtomicInteger failuresInRow = new AtomicInteger();
  private final AtomicInteger successesInRow = new AtomicInteger();
  private final AtomicInteger probes = new AtomicInteger();
  private final AtomicLong present = new AtomicLong();
  private volatile long before;

  // Of the interval of the outlier detection: counted only when there is one.
  private final AtomicLong successes = new AtomicLong();
  private final AtomicLong failures = new AtomicLong();

  private volatile CircuitState state = CircuitState.CLOSED;
  private volatile boolean told;
  private volatile boolean failedBefore;
  private volatile long lastFailureNanos;

  public CircuitState state() {
    return state;
  }

  /** Control loop only: counting begins anew. */
  public void state(CircuitState now) {
    failuresInRow.set(0);
    successesInRow.set(0);
    present.set(0);
    before = 0;
    successes.set(0);
    failures.set(0);
    state = now;
    told = false;
  }

  /** Whether a half-open circuit has a request under way already. */
  public boolean isProbed() {
    return probes.get() > 0;
  }

  /** Takes the one request that a half-open circuit lets pass. */
  public boolean beginProbe() {
    return probes.compareAndSet(0, 1);
  }

  /** Exactly once for each {@link #beginProbe}, however the request ended. */
  public void endProbe() {
    probes.set(0);
  }

  /**
   * A request ended well.
   *
   * @param probe whether it was let pass by a half-open circuit
   * @return whether the circuit is to be closed; the one who is told so passes it on
   */
  public boolean succeeded(BreakerConfig config, boolean probe, long nowNanos) {
    if (state == CircuitState.HALF_OPEN) {
      return probe && successesInRow.incrementAndGet() >= config.halfOpenSuccesses() && tell();
    }
    if (failuresInRow.get() != 0) {
      failuresInRow.set(0);
    }
    if (config.maxFailurePercent().isPresent()) {
      count(config, REQUEST, nowNanos);
    }
    if (config.successRate().isPresent()) {
      successes.getAndIncrement();
    }
    return false;
  }

  /**
   * A request failed.
   *
   * @return whether the circuit is to be opened; the one who is told so passes it on
   */
  public boolean failed(BreakerConfig config, boolean probe, long nowNanos) {
    lastFailureNanos = nowNanos;
    failedBefore = true;
    if (state != CircuitState.CLOSED) {
      return probe && state == CircuitState.HALF_OPEN && tell();
    }
    int inRow = failuresInRow.incrementAndGet();
    if (config.successRate().isPresent()) {
      failures.getAndIncrement();
    }
    boolean open =
        inRow >= config.maxConsecutiveFailures().orElse(Integer.MAX_VALUE)
            || (config.protective()
                && (inRow == BreakerConfig.FEW_FAILURES
                    || inRow % BreakerConfig.MANY_FAILURES == 0));
    if (config.maxFailurePercent().isPresent()) {
      long counted = count(config, REQUEST + FAILURE, nowNanos);
      long requests = counted & MASK;
      open |=
          requests >= config.minRequests()
              && failuresOf(counted) * 100 >= requests * config.maxFailurePercent().getAsInt();
    }
    return open && tell();
  }

  /** A storm of failures makes one task for the control loop. */
  private boolean tell() {
    if (told) {
      return false;
    }
    told = true;
    return true;
  }

  /** Control loop only: what was told had no effect, and may be told again. */
  void untold() {
    told = false;
  }

  /** How many requests failed since the last one that went well. */
  int failuresInRow() {
    return failuresInRow.get();
  }

  /** Whether a request failed lately. */
  boolean hasFailedWithin(long nanos, long nowNanos) {
    return failedBefore && nowNanos - lastFailureNanos < nanos;
  }

  /** Whether it is to be opened whatever the other backends do. */
  boolean isBeyond(BreakerConfig config) {
    if (state == CircuitState.HALF_OPEN) {
      return true;
    }
    long counted = countedOfBoth();
    long requests = counted & MASK;
    return failuresInRow.get() >= config.maxConsecutiveFailures().orElse(Integer.MAX_VALUE)
        || (config.maxFailurePercent().isPresent()
            && requests >= config.minRequests()
            && failuresOf(counted) * 100 >= requests * config.maxFailurePercent().getAsInt());
  }

  private long countedOfBoth() {
    return (present.get() & COUNTS) + (before & COUNTS);
  }

  private static long failuresOf(long counted) {
    return (counted >>> BITS) & MASK;
  }

  /** Good responses since the last call. */
  long takeSuccesses() {
    return successes.getAndSet(0);
  }

  /** Failures since the last call. */
  long takeFailures() {
    return failures.getAndSet(0);
  }

  /** Why it is to be opened, in figures. */
  String why(BreakerConfig config) {
    if (state == CircuitState.HALF_OPEN) {
      return "the request that tried it failed";
    }
    int inRow = failuresInRow.get();
    long counted = countedOfBoth();
    if (inRow >= config.maxConsecutiveFailures().orElse(Integer.MAX_VALUE)
        || (config.protective() && !isBeyond(config))) {
      return inRow == 1 ? "a request failed" : inRow + " requests in a row failed";
    }
    return failuresOf(counted) + " of " + (counted & MASK) + " requests failed";
  }

  /** Adds to the present half; returns requests and failures of both halves. */
  private long count(BreakerConfig config, long what, long nowNanos) {
    long half = Math.max(1, config.interval().toNanos() / 2);
    long number = (nowNanos / half) & NUMBERS;
    while (true) {
      long old = present.get();
      long age = (number - (old >>> NUMBER_SHIFT)) & NUMBERS;
      long now = age == 0 ? old : number << NUMBER_SHIFT;
      if ((now & MASK) == MASK) {
        return now & COUNTS; // full: 16 million requests tell enough
      }
      now += what;
      if (present.compareAndSet(old, now)) {
        if (age != 0) {
          before = age == 1 ? old : 0;
        }
        return (now & COUNTS) + (before & COUNTS);
      }
    }
  }
}
