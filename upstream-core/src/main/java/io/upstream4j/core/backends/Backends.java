package io.upstream4j.core.backends;

import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.BackendSnapshot;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.api.spi.Picker;
import io.upstream4j.api.spi.Scheduler;
import io.upstream4j.core.backends.BackendState.Health;
import io.upstream4j.core.backends.Generation.Slot;
import io.upstream4j.core.event.UpstreamEvent.BackendAdded;
import io.upstream4j.core.event.UpstreamEvent.BackendFailing;
import io.upstream4j.core.event.UpstreamEvent.BackendHealthy;
import io.upstream4j.core.event.UpstreamEvent.BackendRemoved;
import io.upstream4j.core.event.UpstreamEvent.BackendStateChanged;
import io.upstream4j.core.event.UpstreamEvent.BackendUnhealthy;
import io.upstream4j.core.event.UpstreamEvent.BackendWeightChanged;
import io.upstream4j.core.event.UpstreamEvent.BackendsAdded;
import io.upstream4j.core.event.UpstreamEvent.BackendsRemoved;
import io.upstream4j.core.event.UpstreamEvent.HealthIgnored;
import io.upstream4j.core.event.UpstreamEvent.HealthRespected;
import io.upstream4j.core.event.UpstreamEvent.UpstreamDown;
import io.upstream4j.core.event.UpstreamEvent.UpstreamRecovered;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.runtime.PluginLane;
import io.upstream4j.core.runtime.SharedServices;
import io.upstream4j.core.stats.AdminState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The backends of one upstream, over all its configurations.
 *
 * <p>Requests read {@link #current}, once for each pick. All other methods are the control loop's,
 * the only writer: no locks, and swapping never blocks pickers.
 *
 * <p>How it works. A new set becomes a new {@link Generation}. The state of a backend follows its
 * endpoint from one to the next. A backend that is gone drains: requests under way keep its state
 * until they end, its connections close as they become idle, and it is remembered for the grace
 * period, so that one that returns soon is no stranger. The operator's weights are put in before a
 * balancer sees the set; an operator's drain is a matter of the state alone, as health is.
 *
 * <p>Slots keep the order of first appearance: backends that were there keep their order, new ones
 * come behind in the order of the answer. So an equal set in another order changes nothing, and a
 * configured order, on which nginx's round robin depends, is kept. A new configuration starts with
 * the order of its first answer.
 */
public final class Backends {
  private record Draining(BackendState state, Scheduler.Task end) {}

  private enum Announced {
    NOTHING,
    UP,
    DOWN
  }

  // A change of more backends than this is announced by the first few and a number.
  private static final int MOST_NAMED = 20;
  private static final int FEW_NAMED = 10;

  private static final String NO_LONGER_CHECKED = "no longer checked";

  private final String upstream;
  private final SharedServices shared;
  private final Map<Endpoint, Draining> draining = new HashMap<>();
  private volatile Generation current = Generation.nowhere(0, "no backends yet");
  private final LongAdder inFlight = new LongAdder();
  private List<Backend> found = List.of();
  // What a balancer prepares for now; null when none does. Only its answer counts.
  private volatile @Nullable Preparation preparation;
  private final SlowStart slowStart;
  private final CircuitBreaker breaker;
  private final IdleConnections warmth;
  private final OutlierDetection outliers;
  private Announced announced = Announced.NOTHING;

  public Backends(String upstream, SharedServices shared) {
    this.upstream = upstream;
    this.shared = shared;
    this.slowStart = new SlowStart(shared.loop(), this::current);
    this.breaker = new CircuitBreaker(upstream, shared, this::reroute);
    this.warmth = new IdleConnections(shared.connections());
    this.outliers = new OutlierDetection(shared.loop(), this::current, breaker);
  }

  /** Requests of the upstream that have not ended. */
  public LongAdder inFlight() {
    return inFlight;
  }

  /** What a pick reads. */
  public Generation current() {
    return current;
  }

  /** A set that a balancer prepares for, and whether another one has come meanwhile. */
  private static final class Preparation {
    private final PickSettings settings;
    private final Runnable done;
    private boolean outdated;

    Preparation(PickSettings settings, Runnable done) {
      this.settings = settings;
      this.done = done;
    }
  }

  /**
   * Takes a whole new set; an equal set changes nothing under the same settings. A balancer that
   * fails on it is announced, and the generation before stays; so it does while the balancer
   * prepares. When a set comes meanwhile, it is the next.
   *
   * @param backends no endpoint twice
   * @param done run when the set is in force or is not going to be; at once, unless the balancer
   *     takes its time
   */
  public void replace(List<Backend> backends, PickSettings settings, Runnable done) {
    found = backends;
    Preparation running = preparation;
    if (running != null && running.settings.equals(settings)) {
      running.outdated = true;
      return;
    }
    preparation = null; // of a configuration that is no longer in force
    Generation old = current;
    boolean sameSettings = settings.equals(old.settings());
    List<Backend> weighted = weighted(old, backends);
    List<Backend> ordered = sameSettings ? inOrderOfAppearance(old, weighted) : weighted;
    if (sameSettings && ordered.equals(old.snapshot().backends())) {
      done.run();
      return;
    }
    BackendSnapshot snapshot = new BackendSnapshot(old.number() + 1, ordered);
    Preparation mine = new Preparation(settings, done);
    preparation = mine;
    settings
        .balancer()
        .lane()
        .call(
            "prepare()",
            () -> settings.balancer().made().prepare(snapshot),
            picker -> {
              if (preparation == mine) {
                preparation = null;
                swap(current, snapshot, picker, settings);
                prepared(mine);
              }
            },
            reason -> {
              if (preparation == mine) {
                preparation = null;
                failed(settings.balancer().lane(), reason);
                prepared(mine);
              }
            });
  }

  private void prepared(Preparation last) {
    last.done.run();
    if (last.outdated) {
      replace(found, last.settings, last.done);
    }
  }

  /** Whether a balancer has not prepared yet for what was found last. Read by any thread. */
  public boolean isPreparing() {
    return preparation != null;
  }

  private void failed(PluginLane balancer, String reason) {
    balancer.announce(reason);
    if (current.settings() == null) {
      current = Generation.nowhere(current.number(), balancer.words(reason));
    }
  }

  /** The last set that was to be taken, with the weights that the discovery named. */
  public List<Backend> found() {
    return found;
  }

  private List<Backend> weighted(Generation old, List<Backend> backends) {
    Map<Endpoint, Integer> weights = new HashMap<>();
    for (int slot = 0; slot < old.size(); slot++) {
      addWeight(old.state(slot), weights);
    }
    draining.values().forEach(gone -> addWeight(gone.state(), weights));
    if (weights.isEmpty()) {
      return backends;
    }
    List<Backend> weighted = new ArrayList<>(backends.size());
    for (Backend backend : backends) {
      int weight = weights.getOrDefault(backend.endpoint(), backend.weight());
      weighted.add(new Backend(backend.endpoint(), weight, backend.attributes()));
    }
    return weighted;
  }

  private static void addWeight(BackendState state, Map<Endpoint, Integer> weights) {
    state.weight().ifPresent(weight -> weights.put(state.endpoint(), weight));
  }

  private static List<Backend> inOrderOfAppearance(Generation old, List<Backend> backends) {
    Map<Endpoint, Backend> fresh = new HashMap<>();
    backends.forEach(backend -> fresh.put(backend.endpoint(), backend));
    List<Backend> ordered = new ArrayList<>(backends.size());
    for (Backend known : old.snapshot().backends()) {
      Backend still = fresh.remove(known.endpoint());
      if (still != null) {
        ordered.add(still);
      }
    }
    for (Backend backend : backends) {
      if (fresh.containsKey(backend.endpoint())) {
        ordered.add(backend);
      }
    }
    return ordered;
  }

  private void swap(
      Generation old, BackendSnapshot snapshot, Picker picker, PickSettings settings) {
    Map<Endpoint, Slot> before = bySlot(old);
    List<Backend> added = new ArrayList<>();
    List<Slot> slots = new ArrayList<>(snapshot.size());
    for (Backend backend : snapshot.backends()) {
      Slot known = before.remove(backend.endpoint());
      if (known == null) {
        added.add(backend);
      }
      slots.add(slot(backend, known, settings));
    }
    current = Generation.of(snapshot, picker, slots, settings, outside(old, settings), inFlight);
    announceAdded(added);
    drain(before.values(), settings);
    breaker.watch(current);
    outliers.watch(current);
    keepOne();
    startSlowly(added);
    announce(old);
  }

  private static Map<Endpoint, Slot> bySlot(Generation generation) {
    Map<Endpoint, Slot> slots = new LinkedHashMap<>();
    for (int slot = 0; slot < generation.size(); slot++) {
      slots.put(generation.state(slot).endpoint(), generation.slot(slot));
    }
    return slots;
  }

  /** The state follows the endpoint; the peer is kept while it would be equal. */
  private Slot slot(Backend backend, @Nullable Slot known, PickSettings settings) {
    if (known != null
        && known.backend().equals(backend)
        && known.peer().options().equals(settings.peer())) {
      return known;
    }
    HttpPeer peer = Peers.of(upstream, backend, settings.peer());
    if (known != null) {
      acquire(known.state(), peer);
      release(known, settings); // after: so equal ones keep their connections
      if (known.peer().equals(peer)) {
        return new Slot(known.state(), peer, known.byHost());
      }
      closeHosts(known);
      return new Slot(known.state(), peer, HostPeers.of(peer, settings.grace(), shared));
    }
    Draining back = draining.remove(backend.endpoint());
    if (back != null) {
      back.end().cancel();
    }
    BackendState state = back == null ? newState(backend.endpoint(), settings) : back.state();
    acquire(state, peer);
    return new Slot(state, peer, HostPeers.of(peer, settings.grace(), shared));
  }

  /** A backend that is disabled uses its peer no more, so it keeps no connection. */
  private void acquire(BackendState state, HttpPeer peer) {
    if (state.admin() != AdminState.DISABLED) {
      shared.peers().acquire(peer);
    }
  }

  private void release(Slot slot, PickSettings settings) {
    if (slot.state().admin() != AdminState.DISABLED) {
      shared.peers().release(slot.peer(), settings.grace());
    }
  }

  private static void closeHosts(Slot gone) {
    HostPeers byHost = gone.byHost();
    if (byHost != null) {
      byHost.close();
    }
  }

  private BackendState newState(Endpoint endpoint, PickSettings settings) {
    Instant now = shared.clock().instant();
    return switch (settings.initial()) {
      case HEALTHY -> new BackendState(endpoint, now);
      case UNHEALTHY -> BackendState.unchecked(endpoint, now);
    };
  }

  private OutsideBackends outside(Generation old, PickSettings settings) {
    OutsideBackends outside = old.outside();
    if (outside != null && outside.options().equals(settings.peer())) {
      return outside;
    }
    if (outside != null) {
      outside.close();
    }
    return new OutsideBackends(upstream, settings.peer(), settings.grace(), shared);
  }

  private void announceAdded(List<Backend> added) {
    int named = named(added.size());
    for (Backend backend : added.subList(0, named)) {
      shared.events().publish(new BackendAdded(upstream, backend));
    }
    if (named < added.size()) {
      shared.events().publish(new BackendsAdded(upstream, added.size() - named));
    }
  }

  /** How many backends of a change have an event of their own; the others share one. */
  private static int named(int changed) {
    return changed <= MOST_NAMED ? changed : FEW_NAMED;
  }

  private void drain(Collection<Slot> gone, PickSettings settings) {
    gone.forEach(slot -> drain(slot, settings));
    int named = named(gone.size());
    gone.stream()
        .limit(named)
        .map(slot -> new BackendRemoved(upstream, slot.state().endpoint()))
        .forEach(shared.events()::publish);
    if (named < gone.size()) {
      shared.events().publish(new BackendsRemoved(upstream, gone.size() - named));
    }
  }

  private void drain(Slot gone, PickSettings settings) {
    Endpoint endpoint = gone.state().endpoint();
    release(gone, settings);
    closeHosts(gone);
    Scheduler.Task end = shared.loop().schedule(settings.grace(), () -> draining.remove(endpoint));
    draining.put(endpoint, new Draining(gone.state(), end));
  }

  /** While there was no answer at all, says why. */
  public void unanswered(String reason) {
    if (current.settings() == null) {
      current = Generation.nowhere(current.number(), reason);
    }
  }

  /** Removes every backend; picks are refused with the reason. */
  public void end(String reason) {
    preparation = null;
    Generation old = current;
    current = Generation.nowhere(old.number() + 1, reason);
    PickSettings settings = old.settings();
    if (settings != null) {
      drain(bySlot(old).values(), settings);
      if (old.outside() != null) {
        old.outside().close();
      }
    }
    announced = Announced.NOTHING;
    found = List.of();
    warmth.update(current);
    breaker.watch(current);
    outliers.watch(current);
    slowStart.update();
  }

  /**
   * Turns a backend healthy or not; builds nothing. A backend that is so already stays as it is.
   */
  public void report(BackendState state, boolean healthy, String reason) {
    if (state.health().healthy() == healthy) {
      return;
    }
    state.health(new Health(healthy, Optional.of(reason), shared.clock().instant()));
    Endpoint endpoint = state.endpoint();
    shared
        .events()
        .publish(
            healthy
                ? new BackendHealthy(upstream, endpoint)
                : new BackendUnhealthy(upstream, endpoint, reason));
    if (healthy) {
      breaker.recovered(state);
      slowStart.begin(state);
    }
    reroute();
  }

  /** Turns a backend unhealthy that requests could not reach, and keeps it away if it flaps. */
  public void reportUnreachable(BackendState state, String reason) {
    Health before = state.health();
    report(state, false, reason);
    if (before.healthy() && before.reason().isPresent()) { // so it was unhealthy before that
      Duration healthyFor = Duration.between(before.since(), shared.clock().instant());
      breaker.openFlapping(state, current, healthyFor);
    }
  }

  /** Does with a backend what the operator wants; builds nothing. */
  public void administer(Slot slot, AdminState wanted) {
    BackendState state = slot.state();
    PickSettings settings = current.settings();
    if (settings == null || state.admin() == wanted) {
      return;
    }
    AdminState before = state.admin();
    state.admin(wanted);
    if (wanted == AdminState.DISABLED) {
      shared.peers().release(slot.peer(), settings.grace());
      if (slot.byHost() != null) {
        slot.byHost().clear();
      }
    } else if (before == AdminState.DISABLED) {
      shared.peers().acquire(slot.peer());
    }
    shared.events().publish(new BackendStateChanged(upstream, state.endpoint(), wanted));
    if (state.isUp()) {
      slowStart.begin(state);
    }
    reroute();
  }

  /** The weight counts from the next {@link #replace} on; returns whether it is another. */
  public boolean weigh(BackendState state, OptionalInt weight) {
    if (state.weight().equals(weight)) {
      return false;
    }
    state.weight(weight);
    shared.events().publish(new BackendWeightChanged(upstream, state.endpoint(), weight));
    return true;
  }

  /** Whether no other backend may have any number of requests. */
  public boolean isLast(BackendState state) {
    return CircuitBreaker.isLast(state, current);
  }

  /** Circuits must not be what leaves no backend. */
  private void keepOne() {
    if (breaker.returnIfNoneIsLeft(current)) {
      current = current.rerouted();
    }
  }

  private void reroute() {
    Generation old = current;
    current = old.rerouted();
    keepOne();
    slowStart.update();
    announce(old);
  }

  /** Requests to a backend break off. */
  public void failed(BackendState state, String reason, long nowNanos) {
    if (state.isFailureNews(nowNanos)) {
      long failures = state.tellFailures(nowNanos);
      shared.events().publish(new BackendFailing(upstream, state.endpoint(), failures, reason));
    }
  }

  /** A backend's requests fail too often. */
  public void openCircuit(BackendState state) {
    breaker.open(state, current);
  }

  /** A backend's circuit was half open, and its requests go well again. */
  public void closeCircuit(BackendState state) {
    slowStart.begin(state);
    breaker.close(state);
  }

  /** Nobody checks any more: what was unhealthy would stay so for ever. */
  public void unchecked() {
    Generation generation = current;
    for (int slot = 0; slot < generation.size(); slot++) {
      report(generation.state(slot), true, NO_LONGER_CHECKED);
    }
    for (Draining gone : draining.values()) {
      if (!gone.state().health().healthy()) {
        gone.state()
            .health(new Health(true, Optional.of(NO_LONGER_CHECKED), shared.clock().instant()));
      }
    }
  }

  private void startSlowly(List<Backend> added) {
    Set<Backend> fresh = Set.copyOf(added);
    for (int slot = 0; slot < current.size() && !fresh.isEmpty(); slot++) {
      if (fresh.contains(current.slot(slot).backend())) {
        slowStart.begin(current.state(slot));
      }
    }
    slowStart.update();
  }

  private void announce(Generation old) {
    warmth.update(current);
    int eligible = current.eligibleThen();
    if (eligible > 0 && announced != Announced.UP) {
      if (announced == Announced.DOWN) {
        shared.events().publish(new UpstreamRecovered(upstream));
      }
      announced = Announced.UP;
    } else if (eligible == 0 && announced == Announced.UP) {
      announced = Announced.DOWN;
      shared.events().publish(new UpstreamDown(upstream));
    }
    if (current.isHealthIgnored() && !old.isHealthIgnored()) {
      shared.events().publish(new HealthIgnored(upstream, eligible, current.size()));
    } else if (old.isHealthIgnored() && !current.isHealthIgnored()) {
      shared.events().publish(new HealthRespected(upstream));
    }
  }
}
