package io.upstream4j.core.peer;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Limits of the pool of connections to one peer.
 *
 * @param maxConnections open connections, including those being opened; at least 1
 * @param maxPending requests that may wait for a connection while all are in use; 0 or more
 * @param pendingTimeout how long a request may wait; positive
 * @param maxRequests the number of requests per connection, at least 1; empty for no limit
 * @param maxAge how long a connection may serve requests, positive; empty for no limit. Each
 *     connection ends at a random time between 90 and 100 % of it, so that connections opened
 *     together do not end together. It does not end exchanges in progress
 * @param minIdle idle connections kept ready for backends that receive requests, at least 0 and at
 *     most {@code maxConnections}
 */
public record PoolLimits(
    int maxConnections,
    int maxPending,
    Duration pendingTimeout,
    OptionalInt maxRequests,
    Optional<Duration> maxAge,
    int minIdle) {
  /** Checks the components. */
  public PoolLimits {
    requireNonNull(pendingTimeout, "pendingTimeout");
    requireNonNull(maxRequests, "maxRequests");
    requireNonNull(maxAge, "maxAge");
    if (maxConnections < 1) {
      throw new IllegalArgumentException(
          "maxConnections: " + maxConnections + " (expected: from 1)");
    }
    if (maxPending < 0) {
      throw new IllegalArgumentException("maxPending: " + maxPending + " (expected: from 0)");
    }
    if (pendingTimeout.isNegative() || pendingTimeout.isZero()) {
      throw new IllegalArgumentException(
          "pendingTimeout: " + pendingTimeout + " (expected: above zero)");
    }
    if (maxRequests.isPresent() && maxRequests.getAsInt() < 1) {
      throw new IllegalArgumentException(
          "maxRequests: " + maxRequests.getAsInt() + " (expected: from 1)");
    }
    if (maxAge.isPresent() && (maxAge.get().isNegative() || maxAge.get().isZero())) {
      throw new IllegalArgumentException("maxAge: " + maxAge.get() + " (expected: above zero)");
    }
    if (minIdle < 0 || minIdle > maxConnections) {
      throw new IllegalArgumentException(
          "minIdle: " + minIdle + " (expected: 0 to maxConnections, " + maxConnections + ")");
    }
  }

  /**
   * Creates limits without a maximum age or number of requests, and without idle connections opened
   * in advance.
   */
  public PoolLimits(int maxConnections, int maxPending, Duration pendingTimeout) {
    this(maxConnections, maxPending, pendingTimeout, OptionalInt.empty(), Optional.empty(), 0);
  }
}
