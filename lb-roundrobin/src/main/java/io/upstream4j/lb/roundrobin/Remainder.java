package io.upstream4j.lb.roundrobin;

/**
 * Computes remainders of a fixed divisor with two multiplications instead of a division (Barrett
 * reduction).
 */
final class Remainder {
  private final long divisor;
  private final long reciprocal;

  /**
   * Prepares a divisor.
   *
   * @param divisor positive
   */
  Remainder(long divisor) {
    this.divisor = divisor;
    // 2^64 over the divisor, rounded down. For 1 it does not fit a long and is not used.
    this.reciprocal = divisor == 1 ? 0 : Long.divideUnsigned(-1, divisor);
  }

  /**
   * Returns {@code value mod divisor}.
   *
   * @param value not negative
   */
  long of(long value) {
    if (divisor == 1) {
      return 0;
    }
    // The estimate is the quotient or one less.
    long remainder = value - Math.multiplyHigh(value, reciprocal) * divisor;
    return remainder >= divisor ? remainder - divisor : remainder;
  }
}
