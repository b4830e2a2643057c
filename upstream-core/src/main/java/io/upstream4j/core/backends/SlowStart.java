package io.upstream4j.core.backends;

import io.upstream4j.api.spi.Scheduler;
import io.upstream4j.core.config.PolicyConfig;
import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Gives backends that are new, or healthy again, a share that grows to the whole. Control loop
 * only.
 *
 * <p>After the part x of the window the share is max(0.1, x^(1/aggression)) of the whole, as
 * Envoy's. It is relative to the greatest share within the backend's group: when all of them are
 * new there is nobody to spare them, and all get their whole share at once.
 */
final class SlowStart {
  private static final double LEAST = 0.1;
  private static final int STEPS = 100;
  private static final Duration SHORTEST_STEP = Duration.ofMillis(20);

  private final Scheduler loop;
  private final Supplier<Generation> current;
  private final Map<BackendState, Long> sinceNanos = new HashMap<>();
  private Scheduler.@Nullable Task next;

  SlowStart(Scheduler loop, Supplier<Generation> current) {
    this.loop = loop;
    this.current = current;
  }

  /** A backend begins. To be followed by {@link #update}. */
  void begin(BackendState state) {
    sinceNanos.put(state, loop.nanoTime());
  }

  /** Works the shares out anew, now and until all are whole. */
  void update() {
    if (next != null) {
      next.cancel();
      next = null;
    }
    Generation generation = current.get();
    PickSettings settings = generation.settings();
    Duration window = settings == null ? null : settings.policy().slowStart().orElse(null);
    if (settings == null || window == null) {
      sinceNanos.keySet().forEach(state -> state.share(1));
      sinceNanos.clear();
      return;
    }
    forgetOthers(generation, window);
    if (sinceNanos.isEmpty()) {
      return;
    }
    spread(generation, settings.policy(), window);
    Duration step = window.dividedBy(STEPS);
    next = loop.schedule(step.compareTo(SHORTEST_STEP) < 0 ? SHORTEST_STEP : step, this::update);
  }

  /** Those that have their whole share, and those that are gone or unhealthy. */
  private void forgetOthers(Generation generation, Duration window) {
    Map<BackendState, Boolean> here = new HashMap<>();
    for (int slot = 0; slot < generation.size(); slot++) {
      here.put(generation.state(slot), true);
    }
    long now = loop.nanoTime();
    Iterator<Map.Entry<BackendState, Long>> all = sinceNanos.entrySet().iterator();
    while (all.hasNext()) {
      Map.Entry<BackendState, Long> entry = all.next();
      BackendState state = entry.getKey();
      if (now - entry.getValue() >= window.toNanos() || !state.isUp() || !here.containsKey(state)) {
        state.share(1);
        all.remove();
      }
    }
  }

  private void spread(Generation generation, PolicyConfig policy, Duration window) {
    Map<Integer, Double> greatest = new HashMap<>();
    for (int slot = 0; slot < generation.size(); slot++) {
      BackendState state = generation.state(slot);
      if (state.isUp()) {
        greatest.merge(generation.group(slot), share(state, policy, window), Math::max);
      }
    }
    for (int slot = 0; slot < generation.size(); slot++) {
      BackendState state = generation.state(slot);
      if (sinceNanos.containsKey(state)) {
        state.share(
            share(state, policy, window) / greatest.getOrDefault(generation.group(slot), 1.0));
      }
    }
  }

  private double share(BackendState state, PolicyConfig policy, Duration window) {
    Long since = sinceNanos.get(state);
    if (since == null) {
      return 1;
    }
    double part = (double) (loop.nanoTime() - since) / window.toNanos();
    return Math.max(LEAST, Math.pow(part, 1 / policy.slowStartAggression()));
  }
}
