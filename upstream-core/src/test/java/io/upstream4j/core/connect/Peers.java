package io.upstream4j.core.connect;

import io.upstream4j.api.spi.Attributes;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.core.peer.Alpn;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerOptions;
import io.upstream4j.core.peer.PoolLimits;
import io.upstream4j.core.peer.SocketOptions;
import io.upstream4j.core.peer.Timeouts;
import io.upstream4j.core.peer.TlsOptions;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Peers of tests. */
final class Peers {
  static final Timeouts TIMEOUTS =
      new Timeouts(
          Duration.ofSeconds(5),
          Duration.ofSeconds(10),
          Duration.ofSeconds(20),
          Duration.ofSeconds(20),
          Duration.ofSeconds(60));
  static final PoolLimits LIMITS = new PoolLimits(64, 1_000, Duration.ofSeconds(20));
  static final PeerOptions PLAIN =
      new PeerOptions(Alpn.H1, Optional.empty(), TIMEOUTS, LIMITS, SocketOptions.SYSTEM);

  private Peers() {}

  static HttpPeer of(int port) {
    return of(port, PLAIN);
  }

  static HttpPeer of(int port, PeerOptions options) {
    return of(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), options);
  }

  static HttpPeer of(InetSocketAddress address, PeerOptions options) {
    Endpoint endpoint = new Endpoint(address.getHostString(), address.getPort());
    return new HttpPeer("test", new Backend(endpoint, 1, Attributes.none()), address, options);
  }

  static PeerOptions with(UnaryOperator<Timeouts> timeouts) {
    return new PeerOptions(
        Alpn.H1, Optional.empty(), timeouts.apply(TIMEOUTS), LIMITS, SocketOptions.SYSTEM);
  }

  static PeerOptions with(PoolLimits limits) {
    return new PeerOptions(Alpn.H1, Optional.empty(), TIMEOUTS, limits, SocketOptions.SYSTEM);
  }

  static PeerOptions with(TlsOptions tls) {
    return new PeerOptions(Alpn.H1, Optional.of(tls), TIMEOUTS, LIMITS, SocketOptions.SYSTEM);
  }

  static PeerOptions with(SocketOptions socket) {
    return new PeerOptions(Alpn.H1, Optional.empty(), TIMEOUTS, LIMITS, socket);
  }
}
