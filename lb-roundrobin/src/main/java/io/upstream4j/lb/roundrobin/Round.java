package io.upstream4j.lb.roundrobin;

/**
 * A repeating order of slots in which each comes as often as its weight says, divided by what all
 * weights have in common. Immutable, so safe for use by any thread.
 */
interface Round {
  /** How many turns a round has; positive. */
  long length();

  /**
   * Whose turn it is.
   *
   * @param position in the round, 0 to {@code length() - 1}
   */
  int slotAt(long position);

  /**
   * The round for these weights; slots of weight 0 have no turn unless all slots have weight 0, and
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
