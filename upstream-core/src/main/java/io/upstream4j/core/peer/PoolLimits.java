package io.upstream4j.core.peer;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Bounds of the pool of connections to one peer.
 *
 * @param maxConnections open at the same time, being opened included; at least 1
 * @param maxPending requests that may wait for a connection when all are in use; 0 or more
 * @param pendingTimeout how long one may wait; positive
 * @param maxRequests that one connection may serve, at least 1; empty for any number
 * @param maxAge how long one connection may serve requests, positive; empty for any time. Each ends
 *     between 90 and 100 % of that, by lot, so that those opened together do not end together. An
 *     exchange under way is not broken off
 * @param minIdle that are kept ready for requests to backends that get some, at least 0 and at most
 *     {@code maxConnections}
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

  /** With connections that serve any number of requests for any time, and are opened for some. */
  public PoolLimits(int maxConnections, int maxPending, Duration pendingTimeout) {
    this(maxConnections, maxPending, pendingTimeout, OptionalInt.empty(), Optional.empty(), 0);
  }
}
