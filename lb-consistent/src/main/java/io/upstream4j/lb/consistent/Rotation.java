package io.upstream4j.lb.consistent;

import io.upstream4j.api.spi.Candidates;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Slots that take turns in proportion to their weights. Slots of equal weight follow each other in
 * order. The turns of a slot that is not accepted are spread over the others by weight.
 */
final class Rotation {
  /** 2⁶⁴ divided by the golden ratio; its multiples are evenly spread. */
  private static final long GOLDEN = 0x9e3779b97f4a7c15L;

  private final int[] slots;
  private final long[] ends; // the end of each slot's range in the sum of weights
  private final boolean equal;
  private final AtomicLong turn;

  /**
   * Creates a rotation.
   *
   * @param slots the slots that take turns
   * @param weights by slot
   * @param turn the position, shared by all generations so that a change of the set does not reset
   *     it
   */
  Rotation(int[] slots, int[] weights, AtomicLong turn) {
    this.slots = slots;
    this.ends = new long[slots.length];
    this.turn = turn;
    long sum = 0;
    boolean same = true;
    for (int i = 0; i < slots.length; i++) {
      // A slot of weight 0 occurs only when all slots have weight 0, and then all shares are equal.
      sum += Math.max(1, weights[slots[i]]);
      same &= weights[slots[i]] == weights[slots[0]];
      ends[i] = sum;
    }
    this.equal = same;
  }

  /** Returns the only slot, or {@code several} when there are more. */
  int onlySlot(int several) {
    return slots.length == 1 ? slots[0] : several;
  }

  /** Adds the slots in their order, ignoring the position. */
  void addTo(List<Integer> order) {
    for (int slot : slots) {
      order.add(slot);
    }
  }

  /**
   * Offers the slots, beginning with the next in rotation, until one is accepted and has room.
   *
   * @return like {@link LoadBound#offer}; without room, the least loaded one
   */
  int next(Candidates candidates, LoadBound bound, long total) {
    int count = slots.length;
    if (count == 0) {
      return LoadBound.NONE;
    }
    long now = turn.getAndIncrement();
    int first = first(now);
    int best = bound.offer(slots[first], candidates, total);
    if (best >= 0 || count == 1) {
      return best;
    }
    int at = second(now, first);
    for (int i = 0; i < count; i++) {
      if (at != first) {
        int offered = bound.offer(slots[at], candidates, total);
        if (offered >= 0) {
          return offered;
        }
        best = bound.lessLoaded(best, offered, candidates);
      }
      at = at + 1 == count ? 0 : at + 1;
    }
    return best;
  }

  private int first(long now) {
    return equal
        ? (int) Long.remainderUnsigned(now, slots.length)
        : at(scale(now * GOLDEN, ends[slots.length - 1]));
  }

  /**
   * Returns where to continue. It changes with every turn, so that a slot's requests do not always
   * fall to the same neighbour.
   */
  private int second(long now, int first) {
    long begin = first == 0 ? 0 : ends[first - 1];
    long part = ends[first] - begin;
    long point = scale(Maglev.mix(now), ends[slots.length - 1] - part);
    return at(point < begin ? point : point + part);
  }

  /** Scales 64 random bits to 0 to {@code limit - 1}. */
  private static long scale(long bits, long limit) {
    return Math.multiplyHigh(bits >>> 1, limit << 1);
  }

  /** Returns the index of the slot whose range contains the point. */
  private int at(long point) {
    int low = 0;
    int high = slots.length - 1;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (point < ends[middle]) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }
}
