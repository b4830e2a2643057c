package io.upstream4j.lb.roundrobin;

/**
 * Divides by a number that is known beforehand, at the cost of two multiplications instead of a
 * division (Barrett's reduction).
 */
final class Remainder {
  private final long divisor;
  private final long reciprocal;

  /**
   * Creates the remainder of a division.
   *
   * @param divisor positive
   */
  Remainder(long divisor) {
    this.divisor = divisor;
    // 2^64 over the divisor, rounded down; 1 has none that fits, and needs none.
    this.reciprocal = divisor == 1 ? 0 : Long.divideUnsigned(-1, divisor);
  }

  /**
   * {@code value mod divisor}.
   *
   * @param value not negative
   */
  long of(long value) {
    if (divisor == 1) {
      return 0;
    }
    // The estimated quotient is the true one or one less.
    long remainder = value - Math.multiplyHigh(value, reciprocal) * divisor;
    return remainder >= divisor ? remainder - divisor : remainder;
  }
}
