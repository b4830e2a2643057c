package io.upstream4j.core.peer;

import java.net.InetAddress;
import java.time.Duration;
import java.util.Optional;

/**
 * Options of the TCP socket. An empty option leaves the system's default.
 *
 * @param keepAliveIdle the time without traffic before the first keep-alive probe, in whole seconds
 * @param keepAliveInterval the time between two probes, in whole seconds
 * @param keepAliveProbes the number of unanswered probes that ends the connection
 * @param userTimeout how long sent data may stay unacknowledged (RFC 5482)
 * @param receiveBufferBytes the size of the receive buffer
 * @param fastOpen whether the first request may be sent in the SYN (RFC 7413)
 * @param bindTo the local address of connections; only peers with an address of the same family can
 *     be reached then
 * @param dscp the DSCP of sent packets, 0 to 63 (RFC 2474)
 */
public record SocketOptions(
    Optional<Duration> keepAliveIdle,
    Optional<Duration> keepAliveInterval,
    Optional<Integer> keepAliveProbes,
    Optional<Duration> userTimeout,
    Optional<Integer> receiveBufferBytes,
    boolean fastOpen,
    Optional<InetAddress> bindTo,
    Optional<Integer> dscp) {
  /** The system's defaults. */
  public static final SocketOptions SYSTEM =
      new SocketOptions(
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          false,
          Optional.empty(),
          Optional.empty());

  /** Creates options without a local address and DSCP. */
  public SocketOptions(
      Optional<Duration> keepAliveIdle,
      Optional<Duration> keepAliveInterval,
      Optional<Integer> keepAliveProbes,
      Optional<Duration> userTimeout,
      Optional<Integer> receiveBufferBytes,
      boolean fastOpen) {
    this(
        keepAliveIdle,
        keepAliveInterval,
        keepAliveProbes,
        userTimeout,
        receiveBufferBytes,
        fastOpen,
        Optional.empty(),
        Optional.empty());
  }

  /** Checks the DSCP. */
  public SocketOptions {
    if (dscp.filter(value -> value < 0 || value > 63).isPresent()) {
      throw new IllegalArgumentException("dscp: " + dscp.get() + " (expected: 0 to 63)");
    }
  }
}
