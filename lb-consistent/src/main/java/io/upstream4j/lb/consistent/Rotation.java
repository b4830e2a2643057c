package io.upstream4j.lb.consistent;

import io.upstream4j.api.spi.Candidates;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Slots that take turns, each as often as its weight. Slots of equal weight follow each other in
 * order. What a slot that is not accepted would get is spread over the others by weight.
 */
final class Rotation {
  /** 2⁶⁴ divided by the golden ratio: its multiples fall evenly between each other. */
  private static final long GOLDEN = 0x9e3779b97f4a7c15L;

  private final int[] slots;
  private final long[] ends; // of each slot's part of the sum of weights
  private final boolean equal;
  private final AtomicLong turn;

  /**
   * Creates a rotation.
   *
   * @param slots which
   * @param weights by slot
   * @param turn counts on over generations, so that a change of the set does not start over
   */
  Rotation(int[] slots, int[] weights, AtomicLong turn) {
    this.slots = slots;
    this.ends = new long[slots.length];
    this.turn = turn;
    long sum = 0;
    boolean same = true;
    for (int i = 0; i < slots.length; i++) {
      // A slot of weight 0 is only here when all are, and then all are alike.
      sum += Math.max(1, weights[slots[i]]);
      same &= weights[slots[i]] == weights[slots[0]];
      ends[i] = sum;
    }
    this.equal = same;
  }

  /** The slot when there is one alone, else {@code several}. */
  int onlySlot(int several) {
    return slots.length == 1 ? slots[0] : several;
  }

  /** Adds the slots, in their order, whoever's turn it is. */
  void addTo(List<Integer> order) {
    for (int slot : slots) {
      order.add(slot);
    }
  }

  /**
   * Offers the slots, beginning with the one whose turn it is, until one is accepted and has room.
   *
   * @return as {@link LoadBound#offer}; without room, the one with the least load
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

  /** Where to go on: another each time, so that not always the same neighbour takes over. */
  private int second(long now, int first) {
    long begin = first == 0 ? 0 : ends[first - 1];
    long part = ends[first] - begin;
    long point = scale(Maglev.mix(now), ends[slots.length - 1] - part);
    return at(point < begin ? point : point + part);
  }

  /** Scales 64 random bits down to 0 to {@code limit - 1}. */
  private static long scale(long bits, long limit) {
    return Math.multiplyHigh(bits >>> 1, limit << 1);
  }

  /** Whose part the point lies in. */
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
