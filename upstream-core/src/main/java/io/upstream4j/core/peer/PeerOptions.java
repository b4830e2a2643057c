package io.upstream4j.core.peer;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

/**
 * How the peers of an upstream are reached. Two peers may share a connection only when theirs are
 * equal.
 *
 * @param alpn the versions of HTTP to speak
 * @param tls empty for clear text
 * @param timeouts how long each step may take
 * @param limits bounds of each peer's pool
 * @param socket options of the TCP socket
 */
public record PeerOptions(
    Alpn alpn,
    Optional<TlsOptions> tls,
    Timeouts timeouts,
    PoolLimits limits,
    SocketOptions socket) {
  /** Checks the components. */
  public PeerOptions {
    requireNonNull(alpn, "alpn");
    requireNonNull(tls, "tls");
    requireNonNull(timeouts, "timeouts");
    requireNonNull(limits, "limits");
    requireNonNull(socket, "socket");
  }

  /** The same with other TLS settings. */
  public PeerOptions withTls(TlsOptions value) {
    return new PeerOptions(alpn, Optional.of(value), timeouts, limits, socket);
  }
}
