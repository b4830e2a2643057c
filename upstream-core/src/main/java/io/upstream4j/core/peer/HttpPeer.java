package io.upstream4j.core.peer;

import static java.util.Objects.requireNonNull;

import io.upstream4j.api.spi.AddressFilter;
import io.upstream4j.api.spi.Attributes;
import io.upstream4j.api.spi.Backend;
import java.net.InetSocketAddress;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The server that a request goes to, and how to reach it. Immutable; created once per backend and
 * shared by all requests to it.
 *
 * <p>Two peers are equal when they share a pool: same upstream, same address, same options and same
 * {@link Attributes#ADDRESS_FILTER}, whatever the backend's weight. Upstreams never share limits,
 * queues or counters.
 */
public final class HttpPeer {
  private final String upstream;
  private final Backend backend;
  private final InetSocketAddress address;
  private final PeerOptions options;
  private final Optional<AddressFilter> addressFilter;
  private final Naming naming;
  private final int hash;

  /**
   * Creates a peer.
   *
   * @param upstream the name of the upstream to which the peer's pool belongs
   * @param backend the backend
   * @param address the address to connect to; unresolved when the backend's host is a name
   * @param options how to connect
   */
  public HttpPeer(
      String upstream, Backend backend, InetSocketAddress address, PeerOptions options) {
    this(upstream, backend, address, options, Naming.CONFIGURED);
  }

  /** Where the server name of TLS comes from. */
  private enum Naming {
    CONFIGURED,
    BY_REQUEST
  }

  private HttpPeer(
      String upstream,
      Backend backend,
      InetSocketAddress address,
      PeerOptions options,
      Naming naming) {
    this.naming = naming;
    this.upstream = requireNonNull(upstream, "upstream");
    this.backend = requireNonNull(backend, "backend");
    this.address = requireNonNull(address, "address");
    this.options = requireNonNull(options, "options");
    this.addressFilter = backend.attributes().find(Attributes.ADDRESS_FILTER);
    this.hash = 31 * (31 * upstream.hashCode() + address.hashCode()) + options.hashCode();
  }

  /**
   * Returns this peer with a server name that the request chose.
   *
   * @throws IllegalStateException when the connection is not encrypted
   */
  public HttpPeer withServerName(String name) {
    TlsOptions tls =
        options.tls().orElseThrow(() -> new IllegalStateException("no TLS, so no server name"));
    return new HttpPeer(
        upstream, backend, address, options.withTls(tls.withServerName(name)), Naming.BY_REQUEST);
  }

  /**
   * Returns this peer restricted to HTTP/1.1 if both versions are allowed, else empty. Used for
   * requests with {@code Upgrade}, which HTTP/2 does not have.
   */
  public Optional<HttpPeer> overHttp1() {
    return isTls() && options.alpn() == Alpn.H2H1
        ? Optional.of(new HttpPeer(upstream, backend, address, options.withAlpn(Alpn.H1), naming))
        : Optional.empty();
  }

  /** Returns the name of the upstream. */
  public String upstream() {
    return upstream;
  }

  /** Returns the backend. */
  public Backend backend() {
    return backend;
  }

  /** Returns the address to connect to; unresolved when the backend's host is a name. */
  public InetSocketAddress address() {
    return address;
  }

  /** Returns how to connect. */
  public PeerOptions options() {
    return options;
  }

  /**
   * Returns the filter that the address must pass before each connection; empty when every address
   * is allowed.
   */
  public Optional<AddressFilter> addressFilter() {
    return addressFilter;
  }

  /**
   * Returns whether the request chose the server name of TLS, so that a failed handshake may be the
   * client's fault.
   */
  public boolean isNamedByRequest() {
    return naming == Naming.BY_REQUEST;
  }

  /** Returns whether the connection is encrypted. */
  public boolean isTls() {
    return options.tls().isPresent();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other
        || (other instanceof HttpPeer that
            && hash == that.hash
            && address.equals(that.address)
            && upstream.equals(that.upstream)
            && options.equals(that.options)
            && addressFilter.equals(that.addressFilter));
  }

  @Override
  public int hashCode() {
    return hash;
  }

  /** Returns {@code http://host:port} or {@code https://host:port}. */
  @Override
  public String toString() {
    return (isTls() ? "https://" : "http://") + backend.endpoint();
  }
}
