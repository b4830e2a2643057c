package io.upstream4j.core.backends;

import static java.util.Objects.requireNonNull;

import io.upstream4j.api.spi.Candidates;
import io.upstream4j.api.spi.Explanation;
import io.upstream4j.api.spi.LoadBalancer;
import io.upstream4j.api.spi.Pick;
import io.upstream4j.api.spi.RequestView;
import io.upstream4j.core.backends.Generation.Slot;
import io.upstream4j.core.plugin.PluginGuard;
import io.upstream4j.core.runtime.PluginLane;
import io.upstream4j.core.runtime.PluginProduct;
import io.upstream4j.core.runtime.SharedServices;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Asks pickers, and keeps a wrong one from harming more than the request it was asked for. Called
 * by any thread; allocates nothing unless a picker fails.
 */
public final class Picks {
  private static final long SECOND_NANOS = 1_000_000_000;

  private final SharedServices shared;
  private final AtomicLong nextAnnouncement;
  private final StrategyCounters counters = new StrategyCounters();

  public Picks(SharedServices shared) {
    this.shared = shared;
    this.nextAnnouncement = new AtomicLong(shared.loop().nanoTime());
  }

  /**
   * Picks from a generation.
   *
   * @param candidates the generation, or what an exchange leaves of it
   */
  public Pick pick(Generation generation, RequestView request, Candidates candidates) {
    Pick pick;
    try {
      pick = generation.picker().pick(request, candidates);
    } catch (Throwable e) { // whatever it is, it costs this request alone
      return failed(generation, PluginGuard.threw(e, "pick()"));
    }
    if (pick instanceof Pick.To to && to.slot() >= generation.size()) {
      return failed(generation, "picked slot " + to.slot() + " of " + generation.size());
    }
    return pick != null ? pick : failed(generation, "picked null");
  }

  /** The candidates a request is offered first; when there is nobody among them, all are next. */
  public Candidates preferred(Generation generation, RequestView request) {
    Routing routing = generation.routing();
    if (routing == null) {
      return generation;
    }
    Candidates only = routing.only();
    return only != null ? only : routing.drawn(lot(generation, request));
  }

  private int lot(Generation generation, RequestView request) {
    try {
      return generation.picker().lot(request) & Integer.MAX_VALUE;
    } catch (Throwable e) {
      announce(generation, PluginGuard.threw(e, "lot()"));
      return 0;
    }
  }

  /** That request is refused, and the failure announced. */
  private Pick failed(Generation generation, String what) {
    return new Pick.Nowhere(announce(generation, what));
  }

  /** Announces what a balancer did, though not more than once a second; returns it in words. */
  private String announce(Generation generation, String what) {
    PickSettings settings = generation.settings();
    if (settings == null) {
      return what; // its picker is not a plug-in's
    }
    PluginLane lane = settings.balancer().lane();
    announce(lane, lane.inUpstream(what));
    return lane.words(what);
  }

  private void announce(PluginLane lane, String what) {
    long now = shared.loop().nanoTime();
    long next = nextAnnouncement.get();
    if (now - next >= 0 && nextAnnouncement.compareAndSet(next, now + SECOND_NANOS)) {
      lane.announce(what);
    }
  }

  /** What the strategy says of a request; empty when it fails. */
  public Optional<Explanation> explain(Generation generation, RequestView request, int limit) {
    try {
      return requireNonNull(generation.picker().explain(request, limit), "explanation");
    } catch (Throwable e) {
      announce(generation, PluginGuard.threw(e, "explain()"));
      return Optional.empty();
    }
  }

  /** What the strategy counts. */
  public Map<String, Long> counters(Generation generation) {
    PickSettings settings = generation.settings();
    if (settings == null) {
      return Map.of();
    }
    PluginProduct<LoadBalancer> balancer = settings.balancer();
    return counters.of(balancer, reason -> announce(balancer.lane(), reason));
  }

  /** Where a pick of this generation goes, or null when it goes nowhere. */
  public static @Nullable Slot resolve(Generation generation, Pick pick) {
    if (!(pick instanceof Pick.To to)) {
      return null;
    }
    if (to.slot() != Pick.OUTSIDE) {
      return generation.slot(to.slot());
    }
    OutsideBackends outside = generation.outside();
    return outside == null ? null : outside.slot(to.backend());
  }
}
