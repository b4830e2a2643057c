package io.upstream4j.core.backends;

import io.netty.util.NetUtil;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerOptions;
import io.upstream4j.core.peer.TlsOptions;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Optional;

/** Makes peers of backends, without looking anything up. */
public final class Peers {
  private Peers() {}

  public static HttpPeer of(String upstream, Backend backend, PeerOptions options) {
    Endpoint endpoint = backend.endpoint();
    return new HttpPeer(upstream, backend, address(endpoint.host(), endpoint.port()), options);
  }

  /** As {@link #of}, of a backend that was made of a request: its host is that of the request. */
  static HttpPeer ofRequest(String upstream, Backend backend, PeerOptions options) {
    HttpPeer peer = of(upstream, backend, options);
    return options.isForEachHost() ? peer.withServerName(backend.endpoint().host()) : peer;
  }

  /** The {@code Host} of a request that names none, to a peer. */
  public static String host(HttpPeer peer) {
    return host(peer.backend().endpoint(), peer.options().tls(), peer.isTls());
  }

  /**
   * The {@code Host} of a request that names none.
   *
   * @param tls the upstream's, whose name goes before the address
   * @param encrypted whether this request is
   */
  public static String host(Endpoint endpoint, Optional<TlsOptions> tls, boolean encrypted) {
    if (tls.isPresent() && !tls.get().isOfRequest()) {
      return tls.get().serverName();
    }
    if (endpoint.socketPath().isPresent()) {
      return "localhost";
    }
    String text = endpoint.toString();
    String usual = encrypted ? ":443" : ":80";
    return text.endsWith(usual) ? text.substring(0, text.length() - usual.length()) : text;
  }

  /** Resolved when the host is an IP address, unresolved when it is a name. */
  static InetSocketAddress address(String host, int port) {
    byte[] bytes = NetUtil.createByteArrayFromIpAddressString(host);
    if (bytes == null) {
      return InetSocketAddress.createUnresolved(host, port);
    }
    try {
      // A zone (fe80::1%eth0) is not among the bytes; a literal with one is parsed, not looked up.
      InetAddress address =
          host.indexOf('%') < 0 ? InetAddress.getByAddress(bytes) : InetAddress.getByName(host);
      return new InetSocketAddress(address, port);
    } catch (UnknownHostException e) { // the zone is not an interface of this machine
      return InetSocketAddress.createUnresolved(host, port);
    }
  }
}
