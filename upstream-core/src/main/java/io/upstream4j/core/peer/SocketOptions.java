package io.upstream4j.core.peer;

import java.net.InetAddress;
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
 * @param bindTo the address of this machine that connections come from; then only peers with an
 *     address of its family can be reached
 * @param dscp the class of service of what is sent, 0 to 63 (RFC 2474)
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

  /** From any address of this machine, and of no class of service. */
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

  /** Checks the class of service. */
  public SocketOptions {
    if (dscp.filter(value -> value < 0 || value > 63).isPresent()) {
      throw new IllegalArgumentException("dscp: " + dscp.get() + " (expected: 0 to 63)");
    }
  }
}
