package io.upstream4j.core.stats;

import java.util.List;

/**
 * How long something took, counted in buckets. Immutable; the counts of one that is at work may be
 * a few apart from its sum.
 *
 * <p>The buckets are the same everywhere: four of 25 µs, then four for each doubling up to 104.8576
 * s, and one for what took longer. So a duration is known to within a quarter, or 25 µs.
 *
 * @param counts of each bucket, not of those below it
 * @param sumNanos of all durations, in nanoseconds
 */
public record Durations(List<Long> counts, long sumNanos) {
  /** How many buckets there are. */
  public static final int BUCKETS = 85;

  static final long UNIT_NANOS = 25_000;

  /** Copies the counts. */
  public Durations {
    counts = List.copyOf(counts);
    if (counts.size() != BUCKETS) {
      throw new IllegalArgumentException(
          "counts: " + counts.size() + " (expected: " + BUCKETS + ")");
    }
  }

  /**
   * The longest duration of a bucket, in nanoseconds; {@link Long#MAX_VALUE} of the last.
   *
   * @param bucket from 0
   */
  public static long boundNanos(int bucket) {
    if (bucket < 0 || bucket >= BUCKETS) {
      throw new IllegalArgumentException(
          "bucket: " + bucket + " (expected: 0 to " + (BUCKETS - 1) + ")");
    }
    if (bucket == BUCKETS - 1) {
      return Long.MAX_VALUE;
    }
    if (bucket < 4) {
      return (bucket + 1) * UNIT_NANOS;
    }
    return ((5L + bucket % 4) * UNIT_NANOS) << (bucket / 4 - 1);
  }

  /** The bucket of a duration: the first whose bound is not below it. */
  public static int bucket(long nanos) {
    long units = (Math.max(1, nanos) - 1) / UNIT_NANOS;
    if (units < 4) {
      return (int) units;
    }
    int power = 61 - Long.numberOfLeadingZeros(units); // 0 from 4 units on, 1 from 8 on
    return Math.min(BUCKETS - 1, 4 * power + (int) (units >>> power));
  }

  /** How many durations there are. */
  public long count() {
    long sum = 0;
    for (long count : counts) {
      sum += count;
    }
    return sum;
  }

  /**
   * The duration that this part of all do not exceed, taken as spread evenly within a bucket, in
   * nanoseconds; 0 when there is none. What took longer than the last bound counts as that bound.
   *
   * @param part above 0, at most 1: 0.99 asks for the 99th percentile
   */
  public long quantileNanos(double part) {
    if (!(part > 0 && part <= 1)) {
      throw new IllegalArgumentException("part: " + part + " (expected: above 0, at most 1)");
    }
    double rank = part * count();
    double before = 0;
    for (int i = 0; i < BUCKETS - 1; i++) {
      long count = counts.get(i);
      if (count > 0 && before + count >= rank) {
        long from = i == 0 ? 0 : boundNanos(i - 1);
        return from + Math.round((boundNanos(i) - from) * ((rank - before) / count));
      }
      before += count;
    }
    return before == 0 && rank == 0 ? 0 : boundNanos(BUCKETS - 2);
  }
}
