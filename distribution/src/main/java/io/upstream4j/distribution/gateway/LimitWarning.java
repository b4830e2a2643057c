package io.upstream4j.distribution.gateway;

import java.lang.System.Logger;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/** Logs that a limit is hit: at once, and then at most once in ten seconds. Any thread. */
final class LimitWarning {
  private static final Logger LOG = System.getLogger(Gateway.class.getName());
  private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final AtomicLong next = new AtomicLong(System.nanoTime());

  void hit(Supplier<String> message) {
    long now = System.nanoTime();
    long due = next.get();
    if (now - due >= 0 && next.compareAndSet(due, now + PAUSE_NANOS)) {
      LOG.log(Logger.Level.WARNING, message);
    }
  }
}
