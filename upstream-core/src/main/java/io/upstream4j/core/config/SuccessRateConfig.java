package io.upstream4j.core.config;

/**
 * When a backend is an outlier: its success rate is far below that of the others.
 *
 * @param factor the number of standard deviations below the mean; above 0
 * @param minBackends the number of backends with enough requests from which they are compared; at
 *     least 2
 * @param minRequests the requests in an interval from which a backend is compared; at least 1
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
