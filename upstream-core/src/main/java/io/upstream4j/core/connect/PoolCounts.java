package io.upstream4j.core.connect;

import static java.util.Objects.requireNonNull;

import io.upstream4j.core.peer.CloseReason;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;

/**
 * What a pool counts. It outlives the pool while that ends, and goes on in the next one to the same
 * peer if there is one by then. Any thread.
 */
final class PoolCounts {
  private final LongAdder opened = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private final Map<CloseReason, AtomicLong> closed =
      new EnumMap<>(CloseReason.class); // never changed
  private final AtomicLong[] reused;

  PoolCounts(int loops) {
    for (CloseReason reason : CloseReason.values()) {
      closed.put(reason, new AtomicLong());
    }
    this.reused = Stream.generate(AtomicLong::new).limit(loops).toArray(AtomicLong[]::new);
  }

  void opened() {
    opened.increment();
  }

  void failed() {
    failed.increment();
  }

  void closed(CloseReason reason) {
    requireNonNull(closed.get(reason), "reason").getAndIncrement();
  }

  /** What one loop counts: it alone writes, so it needs no atomic addition. */
  AtomicLong reused(int loop) {
    return reused[loop];
  }

  long opens() {
    return opened.sum();
  }

  long failures() {
    return failed.sum();
  }

  long reuses() {
    long sum = 0;
    for (AtomicLong each : reused) {
      sum += each.get();
    }
    return sum;
  }

  Map<CloseReason, Long> closings() {
    Map<CloseReason, Long> counts = new EnumMap<>(CloseReason.class);
    closed.forEach((reason, count) -> counts.put(reason, count.get()));
    return counts;
  }
}
