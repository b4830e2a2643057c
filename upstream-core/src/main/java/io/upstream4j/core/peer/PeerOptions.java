package io.upstream4j.core.peer;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

/**
 * How the peers of an upstream are reached. Two peers share connections only if their options are
 * equal.
 *
 * @param alpn the versions of HTTP to use
 * @param tls empty for clear text
 * @param timeouts how long each step may take
 * @param limits the limits of each peer's pool
 * @param socket options of the TCP socket
 * @param http2 settings of HTTP/2 connections
 * @param responses limits of a response's head
 */
public record PeerOptions(
    Alpn alpn,
    Optional<TlsOptions> tls,
    Timeouts timeouts,
    PoolLimits limits,
    SocketOptions socket,
    Http2Options http2,
    ResponseLimits responses) {
  /** Checks the components. */
  public PeerOptions {
    requireNonNull(alpn, "alpn");
    requireNonNull(tls, "tls");
    requireNonNull(timeouts, "timeouts");
    requireNonNull(limits, "limits");
    requireNonNull(socket, "socket");
    requireNonNull(http2, "http2");
    requireNonNull(responses, "responses");
  }

  /** Creates options with the default HTTP/2 settings and limits of responses. */
  public PeerOptions(
      Alpn alpn,
      Optional<TlsOptions> tls,
      Timeouts timeouts,
      PoolLimits limits,
      SocketOptions socket) {
    this(alpn, tls, timeouts, limits, socket, Http2Options.DEFAULT, ResponseLimits.DEFAULT);
  }

  /** Returns whether the server name of TLS is the host of each request and must still be set. */
  public boolean isForEachHost() {
    return tls.isPresent() && tls.get().isOfRequest();
  }

  /** Returns a copy with other versions of HTTP. */
  public PeerOptions withAlpn(Alpn value) {
    return new PeerOptions(value, tls, timeouts, limits, socket, http2, responses);
  }

  /** Returns a copy with other TLS settings. */
  public PeerOptions withTls(TlsOptions value) {
    return new PeerOptions(alpn, Optional.of(value), timeouts, limits, socket, http2, responses);
  }
}
