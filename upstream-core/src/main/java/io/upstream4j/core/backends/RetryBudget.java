package io.upstream4j.core.backends;

import io.upstream4j.core.config.RetryConfig;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;

/**
 * How many retries an upstream may afford, so that an outage does not multiply the load. A retry is
 * allowed while one of two rules allows it:
 *
 * <ul>
 *   <li><b>Share.</b> Retries in flight are at most a share of the requests in flight (the rule of
 *       Envoy's retry budget). Requests that hang at one backend are in flight for long and their
 *       retries at others are not, so this covers the loss of one backend of several however long
 *       it takes to notice; where all of them are slow the retries are slow, too, and few.
 *   <li><b>Savings.</b> Retries are at most the same share of the requests of the last ten seconds,
 *       plus some each second whatever the traffic (the rule of Finagle's RetryBudget). This covers
 *       requests that fail in the same moment, as with their connections, and upstreams with few
 *       requests.
 * </ul>
 *
 * <p>Used by any thread, without locks. Requests cost it nothing: it looks at their count only when
 * a retry asks. Between two looks the savings leak with a time constant of ten seconds while the
 * average rate since then fills them, so they never exceed ten seconds' worth; a leak stands for
 * Finagle's sliding window.
 */
public final class RetryBudget {
  /** What allows a retry. */
  public enum Grant {
    /** The share of the requests in flight, to be {@linkplain #giveBack given back}. */
    SHARE,
    /** The savings. */
    SAVED,
    /** Nothing does. */
    NONE
  }

  private static final double WINDOW_SECONDS = 10;

  private record Balance(long nanos, long requests, double share, double reserve) {}

  private final int percent;
  private final int perSecond;
  private final LongSupplier requests;
  private final LongSupplier inFlight;
  private final AtomicInteger retrying = new AtomicInteger();
  private final AtomicReference<Balance> balance;

  /**
   * @param requests counts those begun so far
   * @param inFlight counts the tries in flight, without the one that asks
   * @param nanos the time now
   */
  public RetryBudget(RetryConfig config, LongSupplier requests, LongSupplier inFlight, long nanos) {
    this.percent = config.budgetPercent();
    this.perSecond = config.budgetPerSecond();
    this.requests = requests;
    this.inFlight = inFlight;
    this.balance =
        new AtomicReference<>(
            new Balance(nanos, requests.getAsLong(), 0, config.budgetPerSecond()));
  }

  /** Takes one retry, if there is one. */
  public Grant take(long nanos) {
    if (takeShare()) {
      return Grant.SHARE;
    }
    return takeSaved(nanos) ? Grant.SAVED : Grant.NONE;
  }

  /** A retry that took of the share has ended. Exactly once for each. */
  public void giveBack() {
    retrying.getAndDecrement();
  }

  /** Retries in flight that took of the share. */
  public int retrying() {
    return retrying.get();
  }

  private boolean takeShare() {
    long most = percent * (inFlight.getAsLong() + 1) / 100;
    while (true) {
      int now = retrying.get();
      if (now >= most) {
        return false;
      }
      if (retrying.compareAndSet(now, now + 1)) {
        return true;
      }
    }
  }

  private boolean takeSaved(long nanos) {
    while (true) {
      Balance old = balance.get();
      Balance now = refill(old, nanos);
      Balance rest;
      if (now.share >= 1) {
        rest = new Balance(now.nanos, now.requests, now.share - 1, now.reserve);
      } else if (now.reserve >= 1) {
        rest = new Balance(now.nanos, now.requests, now.share, now.reserve - 1);
      } else {
        return false; // the old balance stays: what came in since is counted at the next look
      }
      if (balance.compareAndSet(old, rest)) {
        return true;
      }
    }
  }

  private Balance refill(Balance old, long nanos) {
    double seconds = Math.max(0, nanos - old.nanos) / 1e9;
    long seen = requests.getAsLong();
    double income = percent / 100.0 * Math.max(0, seen - old.requests);
    double age = seconds / WINDOW_SECONDS;
    // What came in over the time leaks, too: (1 - e^-age) / age of it is left.
    double left = age < 1e-9 ? 1 : -Math.expm1(-age) / age;
    return new Balance(
        old.nanos + Math.max(0, nanos - old.nanos),
        Math.max(seen, old.requests),
        old.share * Math.exp(-age) + income * left,
        Math.min(perSecond, old.reserve + perSecond * seconds));
  }
}
