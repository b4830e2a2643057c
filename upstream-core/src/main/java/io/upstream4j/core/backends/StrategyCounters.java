package io.upstream4j.core.backends;

import io.upstream4j.api.spi.LoadBalancer;
import io.upstream4j.core.plugin.PluginCallException;
import io.upstream4j.core.runtime.PluginLane;
import io.upstream4j.core.runtime.PluginProduct;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What the strategy of one upstream counts. Safe for use by any thread.
 *
 * <p>A strategy that is not part of this library may take its time to count, so its figures are
 * those of the time before: each question is answered with what the one before has brought.
 */
final class StrategyCounters {
  private static final int MOST = 100;

  private record Last(PluginProduct<LoadBalancer> balancer, Map<String, Long> counters) {}

  private final AtomicBoolean asking = new AtomicBoolean();
  private volatile @Nullable Last last;

  /**
   * The figures of a strategy, by name.
   *
   * @param failed takes what the strategy did instead of counting
   */
  @SuppressWarnings("ReferenceEquality") // the very strategy
  Map<String, Long> of(PluginProduct<LoadBalancer> balancer, Consumer<String> failed) {
    PluginLane lane = balancer.lane();
    if (!lane.guard().isApart()) {
      try {
        return lane.guard().call(lane.inUpstream("counters()"), () -> bounded(balancer));
      } catch (PluginCallException e) {
        failed.accept(e.reason());
        return Map.of();
      }
    }
    Last known = last;
    if (asking.compareAndSet(false, true)) {
      lane.call(
          "counters()",
          () -> bounded(balancer),
          counters -> answered(balancer, counters),
          reason -> {
            failed.accept(reason);
            answered(balancer, Map.of());
          });
    }
    return known != null && known.balancer() == balancer ? known.counters() : Map.of();
  }

  private void answered(PluginProduct<LoadBalancer> balancer, Map<String, Long> counters) {
    last = new Last(balancer, counters);
    asking.set(false);
  }

  private static Map<String, Long> bounded(PluginProduct<LoadBalancer> balancer) {
    Map<String, Long> counters = Map.copyOf(balancer.made().counters());
    if (counters.size() > MOST) {
      throw new IllegalArgumentException(
          counters.size() + " counters (expected: at most " + MOST + ")");
    }
    return counters;
  }
}
