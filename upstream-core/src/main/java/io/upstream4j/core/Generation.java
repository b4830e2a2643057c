package io.upstream4j.core;

import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.BackendSnapshot;
import io.upstream4j.api.spi.Candidates;
import io.upstream4j.api.spi.Pick;
import io.upstream4j.api.spi.Picker;
import io.upstream4j.core.peer.HttpPeer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Everything one pick needs. Immutable, but for the states, which belong to the endpoints and
 * outlive it.
 *
 * <p>It is its own {@link Candidates}, so that a pick allocates nothing.
 */
final class Generation implements Candidates {
  private final BackendSnapshot snapshot;
  private final Picker picker;
  private final BackendState[] states; // as in slots, one step nearer for accepts
  private final Slot[] slots;
  private final @Nullable Settings settings;
  private final @Nullable OutsideBackends outside;

  private Generation(
      BackendSnapshot snapshot,
      Picker picker,
      List<Slot> slots,
      @Nullable Settings settings,
      @Nullable OutsideBackends outside) {
    this.snapshot = snapshot;
    this.picker = picker;
    this.states = slots.stream().map(Slot::state).toArray(BackendState[]::new);
    this.slots = slots.toArray(Slot[]::new);
    this.settings = settings;
    this.outside = outside;
  }

  /** What stands behind one slot. */
  record Slot(BackendState state, HttpPeer peer) {
    Backend backend() {
      return peer.backend();
    }
  }

  static Generation of(
      BackendSnapshot snapshot,
      Picker picker,
      List<Slot> slots,
      Settings settings,
      OutsideBackends outside) {
    return new Generation(snapshot, picker, slots, settings, outside);
  }

  /** Nobody may be picked, for a reason that is not the backends'. */
  static Generation nowhere(long number, String reason) {
    Pick.Nowhere nowhere = new Pick.Nowhere(reason);
    return new Generation(
        new BackendSnapshot(number, List.of()),
        (request, candidates) -> nowhere,
        List.of(),
        null,
        null);
  }

  long number() {
    return snapshot.generation();
  }

  BackendSnapshot snapshot() {
    return snapshot;
  }

  Picker picker() {
    return picker;
  }

  /** Null when nobody may be picked because nothing was found yet, or the upstream is gone. */
  @Nullable Settings settings() {
    return settings;
  }

  @Nullable OutsideBackends outside() {
    return outside;
  }

  int size() {
    return states.length;
  }

  BackendState state(int slot) {
    return states[slot];
  }

  Slot slot(int slot) {
    return slots[slot];
  }

  @Override
  public boolean accepts(int slot) {
    return states[slot].isEligible();
  }

  @Override
  public int inFlight(int slot) {
    return states[slot].inFlight();
  }

  @Override
  public long inFlightTotal(int slots) {
    long total = 0;
    for (int slot = 0; slot < slots; slot++) {
      total += states[slot].inFlight();
    }
    return total;
  }

  @Override
  public long latencyNanos(int slot) {
    return states[slot].latencyNanos();
  }
}
