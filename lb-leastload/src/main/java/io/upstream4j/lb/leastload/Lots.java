package io.upstream4j.lb.leastload;

import java.util.Arrays;

/**
 * Draws slots at random by weight, in constant time. Immutable and thread-safe.
 *
 * <p>Implements Walker's alias method with Vose's construction (IEEE Transactions on Software
 * Engineering 17, 1991). A table has one column of equal width per slot. A threshold divides each
 * column: the lower part belongs to its own slot and the upper part to one other, so that the parts
 * of a slot add up to its weight. A random number selects a column and a height in it. 20 bytes per
 * slot.
 *
 * <p>The draws of a pick depend only on its seed and their number. They are recomputed instead of
 * remembered.
 */
final class Lots {
  private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;
  private static final long LOWER = 0xffff_ffffL;

  private final int[] weights;
  private final double[] perRequest;
  private final boolean equal;
  // threshold << 32 | the other slot; in one long because they are read together.
  private final long[] columns;

  /**
   * Builds the table.
   *
   * @param weights by slot, not all 0
   */
  Lots(int[] weights) {
    this.weights = weights;
    int size = weights.length;
    long total = 0;
    int weighted = 0;
    for (int weight : weights) {
      total += weight;
      weighted += weight > 0 ? 1 : 0;
    }
    perRequest = new double[size];
    for (int slot = 0; slot < size; slot++) {
      perRequest[slot] = weights[slot] == 0 ? 1 : (double) total / weighted / weights[slot];
    }
    equal = size > 1 && Arrays.stream(weights).allMatch(weight -> weight == weights[0]);
    columns = new long[size];
    fillColumns(total);
  }

  /** Fills each column that has room with the excess of another one. */
  private void fillColumns(long total) {
    int size = weights.length;
    long[] left = new long[size]; // of each weight, scaled so that a column holds the total
    int[] small = new int[size];
    int[] large = new int[size];
    int smalls = 0;
    int larges = 0;
    for (int slot = 0; slot < size; slot++) {
      left[slot] = (long) weights[slot] * size;
      if (left[slot] < total) {
        small[smalls++] = slot;
      } else {
        large[larges++] = slot;
      }
    }
    while (smalls > 0) {
      int column = small[--smalls];
      int donor = large[larges - 1];
      columns[column] = (long) ((double) left[column] / total * 0x1p32) << 32 | donor;
      left[donor] -= total - left[column];
      if (left[donor] < total) {
        larges--;
        small[smalls++] = donor;
      }
    }
    for (int i = 0; i < larges; i++) {
      columns[large[i]] = large[i]; // full: both parts are its own
    }
  }

  int size() {
    return weights.length;
  }

  int weight(int slot) {
    return weights[slot];
  }

  /** Returns the load of one request on a slot: the average weight over its own. */
  double perRequest(int slot) {
    return perRequest[slot];
  }

  /**
   * Returns the slot of a draw; its weight is not 0. The first two draws, which suffice for most
   * picks, use the halves of the seed.
   */
  int slot(long seed, int draw) {
    return switch (draw) {
      case 0 -> slot(seed >>> 32);
      case 1 -> equal ? otherThan(slot(seed >>> 32), seed & LOWER) : slot(seed & LOWER);
      default -> slot(number(seed, draw) >>> 32);
    };
  }

  /**
   * For equal weights, makes the second draw among the slots other than the first, so that it need
   * not be repeated.
   */
  private int otherThan(int first, long random) {
    int slot = (int) ((random * (weights.length - 1)) >>> 32);
    return slot + 1 + ((slot - first) >> 31); // skips first, without a branch
  }

  /**
   * Returns the slot of 32 random bits: their product with the number of columns is a column and a
   * height in it.
   */
  private int slot(long random) {
    long product = random * weights.length;
    int column = (int) (product >>> 32);
    if (equal) {
      return column;
    }
    long cut = columns[column];
    return (product & LOWER) < cut >>> 32 ? column : (int) cut;
  }

  /** Returns whether a slot is among the first draws. */
  boolean isDrawn(long seed, int draws, int slot) {
    for (int draw = 0; draw < draws; draw++) {
      if (slot(seed, draw) == slot) {
        return true;
      }
    }
    return false;
  }

  /** Returns the first drawn slot after {@code slot}, or the number of slots if there is none. */
  int nextDrawn(long seed, int draws, int slot) {
    int next = weights.length;
    for (int draw = 0; draw < draws; draw++) {
      int drawn = slot(seed, draw);
      if (drawn > slot && drawn < next) {
        next = drawn;
      }
    }
    return next;
  }

  /** Returns true with a probability of {@code share} over {@code sum}. */
  static boolean wins(long seed, int draw, long share, long sum) {
    return Math.multiplyHigh(number(seed, draw) >>> 1, sum << 1) < share;
  }

  /** The numbers of SplitMix64 (Steele, Lea and Flood, 2014). */
  private static long number(long seed, int draw) {
    long mixed = seed + draw * GOLDEN_GAMMA;
    mixed = (mixed ^ (mixed >>> 30)) * 0xbf58476d1ce4e5b9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
    return mixed ^ (mixed >>> 31);
  }
}
