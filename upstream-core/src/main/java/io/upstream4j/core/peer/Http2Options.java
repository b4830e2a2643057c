package io.upstream4j.core.peer;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Optional;

/**
 * Settings of HTTP/2 connections (RFC 9113).
 *
 * @param maxStreams the number of concurrent exchanges on one connection, at least 1; the peer may
 *     allow fewer
 * @param pingInterval the time without traffic after which a PING is sent, and the time to wait for
 *     its answer; positive
 * @param streamWindowBytes the flow-control window of one response, which bounds the data in flight
 *     or not yet read; from 1,024
 * @param connectionWindowBytes the flow-control window of all responses together; at least the
 *     window of a stream and 65,535 (RFC 9113, section 6.9)
 */
public record Http2Options(
    int maxStreams,
    Optional<Duration> pingInterval,
    int streamWindowBytes,
    int connectionWindowBytes) {
  private static final int LEAST_CONNECTION_WINDOW = 65_535;

  /** 100 streams and no PINGs. */
  public static final Http2Options DEFAULT = new Http2Options(100, Optional.empty());

  /** Creates settings with the default windows: 256 KiB for a stream, 4 MiB for a connection. */
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
