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
 * @param http2 what holds for connections that speak HTTP/2
 * @param responses how much of a response's head is accepted
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

  /** With the default HTTP/2 settings and limits of responses. */
  public PeerOptions(
      Alpn alpn,
      Optional<TlsOptions> tls,
      Timeouts timeouts,
      PoolLimits limits,
      SocketOptions socket) {
    this(alpn, tls, timeouts, limits, socket, Http2Options.DEFAULT, ResponseLimits.DEFAULT);
  }

  /**
   * Whether the server name of TLS is the host of each request, so that it is still to be put in.
   */
  public boolean isForEachHost() {
    return tls.isPresent() && tls.get().isOfRequest();
  }

  /** The same with another choice of versions of HTTP. */
  public PeerOptions withAlpn(Alpn value) {
    return new PeerOptions(value, tls, timeouts, limits, socket, http2, responses);
  }

  /** The same with other TLS settings. */
  public PeerOptions withTls(TlsOptions value) {
    return new PeerOptions(alpn, Optional.of(value), timeouts, limits, socket, http2, responses);
  }
}
