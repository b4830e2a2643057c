package io.upstream4j.lb.roundrobin;

/**
 * A round that is too long to store: exact over every round and evenly spread within it, in memory
 * that grows with the number of slots and not with the weights (at most 32 bytes per slot).
 *
 * <p>The slots are laid side by side on a line, each as wide as its weight. Turn {@code t} is at
 * the point {@code t · stride mod length}. The stride and the length are coprime, so a round meets
 * every point once. The stride is the length over the golden ratio, whose multiples are spread more
 * evenly over the line than those of any other number (Knuth, The Art of Computer Programming, 6.4,
 * theorem S). An index over equal parts of the line, and a binary search within a part, find the
 * slot of a point.
 */
final class StrideRound implements Round {
  private static final double GOLDEN = (Math.sqrt(5) - 1) / 2;

  private final long length;
  private final long stride;
  private final double strideOverLength;
  private final long[] ends;
  private final int[] firstInPart;
  private final int partShift;

  private StrideRound(long length, long[] ends, int[] firstInPart, int partShift) {
    this.length = length;
    this.stride = stride(length);
    this.strideOverLength = (double) stride / length;
    this.ends = ends;
    this.firstInPart = firstInPart;
    this.partShift = partShift;
  }

  /**
   * Lays out the slots.
   *
   * @param weights by slot
   * @param length the sum of the weights over {@code divisor}
   * @param divisor the greatest common divisor of the weights
   */
  static StrideRound of(int[] weights, long length, int divisor) {
    long[] ends = new long[weights.length];
    long end = 0;
    for (int slot = 0; slot < weights.length; slot++) {
      end += weights[slot] / divisor;
      ends[slot] = end;
    }
    int shift = 0;
    while (length >>> shift > 4L * weights.length) {
      shift++;
    }
    // One more part than the points need, so that each part has a successor.
    int[] firstInPart = new int[(int) ((length - 1) >>> shift) + 2];
    int slot = 0;
    for (int part = 0; part < firstInPart.length - 1; part++) {
      while (ends[slot] <= (long) part << shift) {
        slot++;
      }
      firstInPart[part] = slot;
    }
    firstInPart[firstInPart.length - 1] = weights.length - 1;
    return new StrideRound(length, ends, firstInPart, shift);
  }

  private static long stride(long length) {
    long stride = Math.max(1, Math.round(length * GOLDEN));
    while (greatestCommonDivisor(length, stride) != 1) {
      stride++;
    }
    return stride;
  }

  private static long greatestCommonDivisor(long a, long b) {
    return b == 0 ? a : greatestCommonDivisor(b, a % b);
  }

  @Override
  public long length() {
    return length;
  }

  @Override
  public int slotAt(long position) {
    return slotOf(pointOf(position));
  }

  /**
   * Returns {@code position · stride mod length}. The products may overflow, but their difference
   * does not: the estimated quotient is off by at most one, because it is below 2^47 (2^31 slots of
   * 2^16) and a {@code double} has 53 bits.
   */
  private long pointOf(long position) {
    long quotient = (long) (position * strideOverLength);
    long point = position * stride - quotient * length;
    if (point < 0) {
      return point + length;
    }
    return point >= length ? point - length : point;
  }

  /** Returns the first slot that ends after the point. */
  private int slotOf(long point) {
    int part = (int) (point >>> partShift);
    int low = firstInPart[part];
    int high = firstInPart[part + 1];
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (ends[middle] > point) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }
}
