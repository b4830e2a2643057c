package io.upstream4j.core;

import io.netty.util.NetUtil;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerOptions;
import io.upstream4j.core.peer.TlsOptions;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/** Makes peers of backends, without looking anything up. */
final class Peers {
  private Peers() {}

  static HttpPeer of(String upstream, Backend backend, PeerOptions options) {
    String host = backend.endpoint().host();
    return new HttpPeer(
        upstream,
        backend,
        address(host, backend.endpoint().port()),
        options
            .tls()
            .filter(tls -> tls.serverName().equals(TlsOptions.REQUEST_HOST))
            .map(tls -> options.withTls(tls.withServerName(host)))
            .orElse(options));
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
