package io.upstream4j.lb.consistent;

import io.upstream4j.api.spi.BackendSnapshot;
import io.upstream4j.api.spi.Candidates;
import java.util.stream.IntStream;

/**
 * Keeps backends from having more than their share of the requests in flight: "Consistent Hashing
 * with Bounded Loads" (Mirrokni, Thorup, Zadimoghaddam, 2018). Immutable.
 *
 * <p>Of T requests in flight, the new one included, a backend of weight w may have ⌈c · T · w / W⌉,
 * W being the weights of the backends that take requests now: what is dead carries nothing.
 */
final class LoadBound {
  /** No percentage: every backend always has room. */
  static final int UNBOUNDED = 0;

  /** No slot at all. */
  static final int NONE = Integer.MIN_VALUE;

  private final int percent;
  private final BackendSnapshot snapshot;
  private final int[] weights;
  private final int[] draining;

  /**
   * Creates a bound.
   *
   * @param percent c in percent, or {@link #UNBOUNDED}
   * @param weights by slot; slots of weight 0 take no part
   */
  LoadBound(int percent, BackendSnapshot snapshot, int[] weights) {
    this.percent = percent;
    this.snapshot = snapshot;
    this.weights = weights;
    this.draining = IntStream.range(0, weights.length).filter(slot -> weights[slot] == 0).toArray();
  }

  /** Requests in flight on the slots that take part, and the new one. */
  long total(Candidates candidates) {
    if (percent == UNBOUNDED) {
      return 0;
    }
    long total = 1 + candidates.inFlightTotal(weights.length);
    for (int slot : draining) {
      total -= candidates.inFlight(slot);
    }
    return total;
  }

  /**
   * Offers a slot.
   *
   * @param total of {@link #total}
   * @return the slot when it is accepted and has room, its complement when it is accepted but has
   *     none, else {@link #NONE}
   */
  int offer(int slot, Candidates candidates, long total) {
    if (!candidates.accepts(slot)) {
      return NONE;
    }
    return percent == UNBOUNDED || hasRoom(slot, candidates, total) ? slot : ~slot;
  }

  private boolean hasRoom(int slot, Candidates candidates, long total) {
    // f + 1 <= ceil(x) is f < x. In doubles, as the products may exceed 63 bits; where they stay
    // below 53 bits, which is far beyond what a machine has in flight, they are exact.
    return candidates.inFlight(slot) * 100.0 * candidates.weightTotal(snapshot)
        < (double) percent * total * weights[slot];
  }

  /** Of two results that had no room, the one with the less load for its weight. */
  int lessLoaded(int one, int other, Candidates candidates) {
    if (one == NONE || other == NONE) {
      return one == NONE ? other : one;
    }
    long load = (long) candidates.inFlight(~one) * weights[~other];
    return load <= (long) candidates.inFlight(~other) * weights[~one] ? one : other;
  }
}
