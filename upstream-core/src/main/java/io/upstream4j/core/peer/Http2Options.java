package io.upstream4j.core.peer;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Optional;

/**
 * What holds for connections that speak HTTP/2 (RFC 9113).
 *
 * @param maxStreams exchanges that share one connection; the peer may allow fewer; at least 1
 * @param pingInterval how long a silent connection waits before it is asked whether it lives, and
 *     then for the answer; positive
 */
public record Http2Options(int maxStreams, Optional<Duration> pingInterval) {
  /** A hundred streams, and no pings. */
  public static final Http2Options DEFAULT = new Http2Options(100, Optional.empty());

  /** Checks the components. */
  public Http2Options {
    requireNonNull(pingInterval, "pingInterval");
    if (maxStreams < 1) {
      throw new IllegalArgumentException("maxStreams: " + maxStreams + " (expected: from 1)");
    }
    if (pingInterval.filter(time -> time.isNegative() || time.isZero()).isPresent()) {
      throw new IllegalArgumentException(
          "pingInterval: " + pingInterval.get() + " (expected: above zero)");
    }
  }
}
