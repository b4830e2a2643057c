package io.upstream4j.core.backends;

import io.upstream4j.api.option.VisibleText;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.BackendSnapshot;
import io.upstream4j.api.spi.Candidates;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.api.spi.Pick;
import io.upstream4j.api.spi.Picker;
import io.upstream4j.api.spi.RequestView;
import io.upstream4j.core.config.BreakerConfig;
import io.upstream4j.core.config.PolicyConfig;
import io.upstream4j.core.config.PolicyConfig.AllDown;
import io.upstream4j.core.event.UpstreamEvent;
import io.upstream4j.core.peer.HttpPeer;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Everything one pick needs. Immutable, but for the states, which belong to the endpoints and
 * outlive it.
 *
 * <p>It is its own {@link Candidates}, so that a pick allocates nothing.
 */
public final class Generation implements Candidates {
  /** A limit that nothing reaches. */
  public static final int UNLIMITED = Integer.MAX_VALUE;

  private final BackendSnapshot snapshot;
  private final Picker picker;
  private final BackendState[] states; // as in slots, one step nearer for accepts
  private final int[] weights; // as in the snapshot: they are added up at each change of health
  private final Slot[] slots;
  private final @Nullable PickSettings settings;
  private final @Nullable OutsideBackends outside;
  private final int limit;
  private final Groups groups;
  private final LongAdder inFlight;
  private final boolean healthIgnored;
  private final @Nullable Routing routing;
  private final int eligible;
  private final long weightUp;

  private Generation(
      BackendSnapshot snapshot,
      Picker picker,
      List<Slot> slots,
      @Nullable PickSettings settings,
      @Nullable OutsideBackends outside,
      LongAdder inFlight) {
    this.snapshot = snapshot;
    this.picker = picker;
    this.states = slots.stream().map(Slot::state).toArray(BackendState[]::new);
    this.weights = snapshot.backends().stream().mapToInt(Backend::weight).toArray();
    this.slots = slots.toArray(Slot[]::new);
    this.settings = settings;
    this.outside = outside;
    PolicyConfig policy = settings == null ? PolicyConfig.NONE : settings.policy();
    this.limit = policy.maxRequestsPerBackend().orElse(UNLIMITED);
    this.groups = Groups.of(snapshot.backends(), policy.zone());
    this.healthIgnored = false;
    this.routing = null;
    this.eligible = 0;
    this.weightUp = 0;
    this.inFlight = inFlight;
  }

  /** The same set, its requests divided by the health of now. */
  private Generation(Generation before, PolicyConfig policy) {
    this.snapshot = before.snapshot;
    this.picker = before.picker;
    this.states = before.states;
    this.weights = before.weights;
    this.slots = before.slots;
    this.settings = before.settings;
    this.outside = before.outside;
    this.limit = before.limit;
    this.groups = before.groups;
    this.inFlight = before.inFlight;
    // One look at each state, as with ten thousand of them a thousand may change within a second.
    int up = 0;
    int inService = 0;
    long weightOfUp = 0;
    long weightInService = 0;
    for (int slot = 0; slot < states.length; slot++) {
      if (states[slot].isInService()) {
        inService++;
        weightInService += weights[slot];
        if (states[slot].isUp()) {
          up++;
          weightOfUp += weights[slot];
        }
      }
    }
    this.eligible = up;
    this.healthIgnored = isHealthToBeIgnored(policy, up, inService);
    this.weightUp = healthIgnored ? weightInService : weightOfUp;
    this.routing = routing(policy);
  }

  /**
   * What stands behind one slot.
   *
   * @param byHost where each host that is asked for has a peer of its own, of which the peer is the
   *     template
   */
  public record Slot(BackendState state, HttpPeer peer, @Nullable HostPeers byHost) {
    Slot(BackendState state, HttpPeer peer) {
      this(state, peer, null);
    }

    public Backend backend() {
      return peer.backend();
    }

    /** Where the request goes. */
    public HttpPeer peer(RequestView request) {
      return byHost == null ? peer : byHost.peer(request.host());
    }
  }

  /**
   * A set of backends at work.
   *
   * @param inFlight requests of the upstream that have not ended
   */
  static Generation of(
      BackendSnapshot snapshot,
      Picker picker,
      List<Slot> slots,
      PickSettings settings,
      OutsideBackends outside,
      LongAdder inFlight) {
    return new Generation(snapshot, picker, slots, settings, outside, inFlight).rerouted();
  }

  /** Nobody may be picked, for a reason that is not the backends'. */
  static Generation nowhere(long number, String reason) {
    Pick.Nowhere nowhere =
        new Pick.Nowhere(VisibleText.shortened(reason, UpstreamEvent.MAX_REASON));
    return new Generation(
        new BackendSnapshot(number, List.of()),
        (request, candidates) -> nowhere,
        List.of(),
        null,
        null,
        new LongAdder());
  }

  /** The same generation, with its requests divided by the health of now. Control loop only. */
  Generation rerouted() {
    return settings == null ? this : new Generation(this, settings.policy());
  }

  private static boolean isHealthToBeIgnored(PolicyConfig policy, int eligible, int inService) {
    boolean isPanic = eligible * 100L < (long) policy.panicThresholdPercent() * inService;
    return isPanic || (eligible == 0 && policy.allDown() == AllDown.IGNORE_HEALTH);
  }

  private @Nullable Routing routing(PolicyConfig policy) {
    if (groups.isOne()) {
      return policy.slowStart().isPresent() && !healthIgnored ? Routing.ofAll(this) : null;
    }
    boolean[] counts = new boolean[states.length];
    boolean[] healthy = new boolean[states.length];
    boolean any = false;
    for (int slot = 0; slot < states.length; slot++) {
      counts[slot] = states[slot].isInService();
      healthy[slot] = isUp(slot);
      any |= healthy[slot];
    }
    return any ? Routing.of(this, groups, Shares.of(groups, counts, healthy, policy)) : null;
  }

  /**
   * Whether the backend takes part: it is in service, and healthy with a circuit not open, or that
   * is ignored.
   */
  boolean isUp(int slot) {
    return healthIgnored ? states[slot].isInService() : states[slot].isUp();
  }

  /** How many backends the operator lets have requests. The others count as if not there. */
  public int inService() {
    int inService = 0;
    for (BackendState state : states) {
      inService += state.isInService() ? 1 : 0;
    }
    return inService;
  }

  /** As {@link #eligible}, when this was made. */
  int eligibleThen() {
    return eligible;
  }

  /** How many backends are in service and healthy, with a circuit that is not open. */
  public int eligible() {
    int now = 0;
    for (BackendState state : states) {
      now += state.isUp() ? 1 : 0;
    }
    return now;
  }

  /** Null when no circuit is ever opened. */
  @Nullable BreakerConfig breaker() {
    return settings == null ? null : settings.breaker();
  }

  /** Whether the backend is one of these. */
  boolean has(BackendState state) {
    for (BackendState one : states) {
      if (one == state) {
        return true;
      }
    }
    return false;
  }

  /** Whether so few backends are healthy that it no longer counts. */
  public boolean isHealthIgnored() {
    return healthIgnored;
  }

  /** The {@link Groups group} of a slot. */
  int group(int slot) {
    return groups.of(slot);
  }

  /** Requests in flight that a backend may have. */
  public int limit() {
    return limit;
  }

  /** Which candidates requests are offered first; null when that is all of them. */
  @Nullable Routing routing() {
    return routing;
  }

  /** As {@link #accepts}; a backend that starts slowly is by lot. */
  boolean admits(int slot) {
    BackendState state = states[slot];
    return (healthIgnored ? state.isInService() : state.admits()) && hasRoom(state);
  }

  private boolean hasRoom(BackendState state) {
    return limit == UNLIMITED || state.inFlight() < limit;
  }

  public long number() {
    return snapshot.generation();
  }

  public BackendSnapshot snapshot() {
    return snapshot;
  }

  Picker picker() {
    return picker;
  }

  /** Null when nobody may be picked because nothing was found yet, or the upstream is gone. */
  public @Nullable PickSettings settings() {
    return settings;
  }

  @Nullable OutsideBackends outside() {
    return outside;
  }

  public int size() {
    return states.length;
  }

  public BackendState state(int slot) {
    return states[slot];
  }

  public Slot slot(int slot) {
    return slots[slot];
  }

  /** Null when there is no such backend. */
  public @Nullable Slot find(Endpoint endpoint) {
    for (Slot slot : slots) {
      if (slot.state().endpoint().equals(endpoint)) {
        return slot;
      }
    }
    return null;
  }

  @Override
  public boolean accepts(int slot) {
    BackendState state = states[slot];
    return (healthIgnored ? state.isInService() : state.isEligible()) && hasRoom(state);
  }

  @Override
  public int inFlight(int slot) {
    return states[slot].inFlight();
  }

  /** Backends that drain count as well: their requests end soon. */
  @Override
  public long inFlightTotal(int slots) {
    return inFlight.sum();
  }

  @Override
  public long weightTotal(BackendSnapshot of) {
    return weightUp;
  }

  @Override
  public long latencyNanos(int slot) {
    return states[slot].latencyNanos();
  }
}
