package io.upstream4j.core.peer;

import java.time.Duration;
import java.util.Optional;

/**
 * Options of the TCP socket. An empty one leaves the system's default.
 *
 * @param keepAliveIdle how long a silent connection waits for its first keep-alive probe, in whole
 *     seconds
 * @param keepAliveInterval between two probes, in whole seconds
 * @param keepAliveProbes how many unanswered probes end the connection
 * @param userTimeout how long sent data may stay unacknowledged (RFC 5482)
 * @param receiveBufferBytes the size of the receive buffer
 * @param fastOpen whether the first request may travel in the SYN (RFC 7413)
 */
public record SocketOptions(
    Optional<Duration> keepAliveIdle,
    Optional<Duration> keepAliveInterval,
    Optional<Integer> keepAliveProbes,
    Optional<Duration> userTimeout,
    Optional<Integer> receiveBufferBytes,
    boolean fastOpen) {
  /** The system's defaults. */
  public static final SocketOptions SYSTEM =
      new SocketOptions(
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          false);
}
