package io.upstream4j.lb.consistent;

import io.upstream4j.api.spi.BackendSnapshot;
import io.upstream4j.api.spi.Candidates;
import java.util.stream.IntStream;

/**
 * Limits each backend to its share of the requests in flight: "Consistent Hashing with Bounded
 * Loads" (Mirrokni, Thorup, Zadimoghaddam, 2018). Immutable.
 *
 * <p>Of T requests in flight including the new one, a backend of weight w may have ⌈c · T · w / W⌉.
 * W is the sum of the weights of the backends that take requests now, so dead backends do not
 * count.
 */
final class LoadBound {
  /** The percentage of a bound that always leaves room. */
  static final int UNBOUNDED = 0;

  /** The result when no slot was accepted. */
  static final int NONE = Integer.MIN_VALUE;

  private final int percent;
  private final BackendSnapshot snapshot;
  private final int[] weights;
  private final int[] draining;

  /**
   * Creates a bound.
   *
   * @param percent c in percent, or {@link #UNBOUNDED}
   * @param weights by slot; slots of weight 0 are ignored
   */
  LoadBound(int percent, BackendSnapshot snapshot, int[] weights) {
    this.percent = percent;
    this.snapshot = snapshot;
    this.weights = weights;
    this.draining = IntStream.range(0, weights.length).filter(slot -> weights[slot] == 0).toArray();
  }

  /** Returns the number of requests in flight on slots with a weight, including the new one. */
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
   * Checks whether a slot may take the request.
   *
   * @param total the result of {@link #total}
   * @return the slot when it is accepted and has room, its complement when it is accepted but has
   *     no room, else {@link #NONE}
   */
  int offer(int slot, Candidates candidates, long total) {
    if (!candidates.accepts(slot)) {
      return NONE;
    }
    return percent == UNBOUNDED || hasRoom(slot, candidates, total) ? slot : ~slot;
  }

  private boolean hasRoom(int slot, Candidates candidates, long total) {
    // f + 1 <= ceil(x) is f < x. The products may exceed 63 bits, so they are doubles; these are
    // exact below 53 bits, far beyond what one machine has in flight.
    return candidates.inFlight(slot) * 100.0 * candidates.weightTotal(snapshot)
        < (double) percent * total * weights[slot];
  }

  /** Of two results without room, returns the one with the lower load per weight. */
  int lessLoaded(int one, int other, Candidates candidates) {
    if (one == NONE || other == NONE) {
      return one == NONE ? other : one;
    }
    long load = (long) candidates.inFlight(~one) * weights[~other];
    return load <= (long) candidates.inFlight(~other) * weights[~one] ? one : other;
  }
}
