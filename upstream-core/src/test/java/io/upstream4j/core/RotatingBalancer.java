package io.upstream4j.core;

import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.BackendSnapshot;
import io.upstream4j.api.spi.LoadBalancer;
import io.upstream4j.api.spi.LoadBalancerProvider;
import io.upstream4j.api.spi.Pick;
import io.upstream4j.api.spi.Picker;
import io.upstream4j.api.spi.PluginContext;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** Takes the slots in turn, whatever their weight, and counts what is asked of it. */
final class RotatingBalancer implements LoadBalancerProvider {
  final AtomicInteger prepared = new AtomicInteger();
  final AtomicInteger closed = new AtomicInteger();
  private final AtomicLong turn = new AtomicLong();
  volatile UnaryOperator<Picker> twist = UnaryOperator.identity();
  Supplier<Map<String, Long>> counters = Map::of;
  RuntimeException crash;
  RuntimeException refusal;

  @Override
  public String type() {
    return "rotating";
  }

  @Override
  public LoadBalancer create(Options options, PluginContext context) {
    if (refusal != null) {
      throw refusal;
    }
    return new LoadBalancer() {
      @Override
      public Picker prepare(BackendSnapshot snapshot) {
        prepared.incrementAndGet();
        if (crash != null) {
          throw crash;
        }
        return twist.apply((request, candidates) -> pick(snapshot, candidates));
      }

      @Override
      public Map<String, Long> counters() {
        return counters.get();
      }

      @Override
      public void close() {
        closed.incrementAndGet();
      }
    };
  }

  private Pick pick(BackendSnapshot snapshot, io.upstream4j.api.spi.Candidates candidates) {
    int size = snapshot.size();
    if (size == 0) {
      return Pick.Nowhere.NO_BACKENDS;
    }
    long start = turn.getAndIncrement();
    for (int i = 0; i < size; i++) {
      int slot = (int) Long.remainderUnsigned(start + i, size);
      if (candidates.accepts(slot)) {
        return snapshot.pick(slot);
      }
    }
    return Pick.Nowhere.NO_ELIGIBLE_BACKEND;
  }
}
