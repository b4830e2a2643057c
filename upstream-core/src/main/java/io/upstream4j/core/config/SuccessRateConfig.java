package io.upstream4j.core.config;

/**
 * When a backend counts as an outlier: its part of good responses lies far below that of the
 * others.
 *
 * @param factor how many standard deviations below the mean is too far; above 0
 * @param minBackends with fewer backends that have enough requests nobody is compared; at least 2
 * @param minRequests with fewer requests in an interval a backend is not compared; at least 1
 */
public record SuccessRateConfig(double factor, int minBackends, int minRequests) {
  /** Checks the components. */
  public SuccessRateConfig {
    if (!(factor > 0)) {
      throw new IllegalArgumentException("factor: " + factor + " (expected: above 0)");
    }
    if (minBackends < 2) {
      throw new IllegalArgumentException("minBackends: " + minBackends + " (expected: from 2)");
    }
    if (minRequests < 1) {
      throw new IllegalArgumentException("minRequests: " + minRequests + " (expected: from 1)");
    }
  }
}
