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
 * @param streamWindowBytes how much of one response may be under way or wait for who reads it; from
 *     1,024
 * @param connectionWindowBytes how much of all responses together may be under way; at least the
 *     window of a stream and 65,535 (RFC 9113, 6.9)
 */
public record Http2Options(
    int maxStreams,
    Optional<Duration> pingInterval,
    int streamWindowBytes,
    int connectionWindowBytes) {
  private static final int LEAST_CONNECTION_WINDOW = 65_535;

  /** A hundred streams, and no pings. */
  public static final Http2Options DEFAULT = new Http2Options(100, Optional.empty());

  /** With the default windows: 256 KiB for a stream, 4 MiB for a connection. */
  public Http2Options(int maxStreams, Optional<Duration> pingInterval) {
    this(maxStreams, pingInterval, 256 << 10, 4 << 20);
  }

  /** Checks the components. */
  public Http2Options {
    requireNonNull(pingInterval, "pingInterval");
    if (maxStreams < 1) {
      throw new IllegalArgumentException("maxStreams: " + maxStreams + " (expected: from 1)");
    }
    if (streamWindowBytes < 1_024) {
      throw new IllegalArgumentException(
          "streamWindowBytes: " + streamWindowBytes + " (expected: from 1024)");
    }
    int least = Math.max(streamWindowBytes, LEAST_CONNECTION_WINDOW);
    if (connectionWindowBytes < least) {
      throw new IllegalArgumentException(
          "connectionWindowBytes: " + connectionWindowBytes + " (expected: from " + least + ")");
    }
    if (pingInterval.filter(time -> time.isNegative() || time.isZero()).isPresent()) {
      throw new IllegalArgumentException(
          "pingInterval: " + pingInterval.get() + " (expected: above zero)");
    }
  }
}
