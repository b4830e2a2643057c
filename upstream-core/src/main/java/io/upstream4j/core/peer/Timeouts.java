package io.upstream4j.core.peer;

import java.time.Duration;

/**
 * How long each step of an exchange with a peer may take. All are positive.
 *
 * @param connection until the TCP connection is open
 * @param totalConnection until the connection is ready for a request, including the TLS handshake
 * @param read the time without received bytes while a response is awaited
 * @param write the time without progress while bytes of a request wait to be sent
 * @param idle until an unused pooled connection is closed
 */
public record Timeouts(
    Duration connection, Duration totalConnection, Duration read, Duration write, Duration idle) {
  /** Checks the components. */
  public Timeouts {
    requirePositive("connection", connection);
    requirePositive("totalConnection", totalConnection);
    requirePositive("read", read);
    requirePositive("write", write);
    requirePositive("idle", idle);
  }

  private static void requirePositive(String name, Duration duration) {
    if (duration.isNegative() || duration.isZero()) {
      throw new IllegalArgumentException(name + ": " + duration + " (expected: above zero)");
    }
  }
}
