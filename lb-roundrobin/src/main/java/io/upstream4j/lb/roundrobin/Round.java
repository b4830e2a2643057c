package io.upstream4j.lb.roundrobin;

/**
 * A repeating sequence of slots in which each occurs as often as its weight, divided by the
 * greatest common divisor of all weights. Immutable and thread-safe.
 */
interface Round {
  /** Returns the number of turns in a round; positive. */
  long length();

  /**
   * Returns the slot of a turn.
   *
   * @param position the position in the round, 0 to {@code length() - 1}
   */
  int slotAt(long position);

  /**
   * Returns the round for these weights. Slots of weight 0 have no turn, unless all weights are 0;
   * then all have equal shares.
   *
   * @param weights by slot, at least one
   */
  static Round of(int[] weights) {
    long total = 0;
    int divisor = 0;
    boolean equal = true;
    for (int weight : weights) {
      total += weight;
      divisor = greatestCommonDivisor(weight, divisor);
      equal &= weight == weights[0];
    }
    if (equal) {
      return new EqualRound(weights.length);
    }
    long length = total / divisor;
    return length <= SmoothRound.MAX_LENGTH && weights.length <= SmoothRound.MAX_SLOTS
        ? SmoothRound.of(weights, (int) length, divisor)
        : StrideRound.of(weights, length, divisor);
  }

  private static int greatestCommonDivisor(int a, int b) {
    return b == 0 ? a : greatestCommonDivisor(b, a % b);
  }
}
