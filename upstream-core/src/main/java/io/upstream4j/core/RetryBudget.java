package io.upstream4j.core;

import io.upstream4j.core.config.RetryConfig;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;

/**
 * How many retries an upstream may afford: a share of its requests over about the last ten seconds,
 * plus some each second whatever the traffic. Keeps an outage from multiplying the load.
 *
 * <p>Used by any thread, without locks. Requests cost it nothing: it looks at their count only when
 * a retry asks. Between two looks the share's balance leaks with a time constant of ten seconds
 * while the average rate since then fills it, so it never exceeds ten seconds' worth. The idea is
 * Finagle's RetryBudget; a leak stands for its sliding window.
 */
final class RetryBudget {
  private static final double WINDOW_SECONDS = 10;

  private record Balance(long nanos, long requests, double share, double reserve) {}

  private final double perRequest;
  private final int perSecond;
  private final LongSupplier requests;
  private final AtomicReference<Balance> balance;

  /**
   * @param requests counts those begun so far
   * @param nanos the time now
   */
  RetryBudget(RetryConfig config, LongSupplier requests, long nanos) {
    this.perRequest = config.budgetPercent() / 100.0;
    this.perSecond = config.budgetPerSecond();
    this.requests = requests;
    this.balance =
        new AtomicReference<>(
            new Balance(nanos, requests.getAsLong(), 0, config.budgetPerSecond()));
  }

  /** Takes one retry, if there is one. */
  boolean take(long nanos) {
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
    double income = perRequest * Math.max(0, seen - old.requests);
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
