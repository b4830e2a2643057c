package io.upstream4j.core.peer;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * Bounds of the pool of connections to one peer.
 *
 * @param maxConnections open at the same time, being opened included; at least 1
 * @param maxPending requests that may wait for a connection when all are in use; 0 or more
 * @param pendingTimeout how long one may wait; positive
 */
public record PoolLimits(int maxConnections, int maxPending, Duration pendingTimeout) {
  /** Checks the components. */
  public PoolLimits {
    requireNonNull(pendingTimeout, "pendingTimeout");
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
  }
}
