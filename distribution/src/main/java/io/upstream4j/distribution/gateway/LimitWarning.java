package io.upstream4j.distribution.gateway;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** Warns that a limit was reached: at once, and then at most once a minute. Thread-safe. */
final class LimitWarning {
  private static final long QUIET_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final LongSupplier nanoTime;
  private final AtomicLong quietUntil;
  private volatile Consumer<String> log;

  LimitWarning(Consumer<String> log, LongSupplier nanoTime) {
    this.log = log;
    this.nanoTime = nanoTime;
    this.quietUntil = new AtomicLong(nanoTime.getAsLong());
  }

  void logTo(Consumer<String> other) {
    log = other;
  }

  void warn(Supplier<String> text) {
    long now = nanoTime.getAsLong();
    long until = quietUntil.get();
    if (now - until >= 0 && quietUntil.compareAndSet(until, now + QUIET_NANOS)) {
      log.accept(text.get());
    }
  }
}
