package io.upstream4j.core;

import io.netty.util.concurrent.Future;
import io.upstream4j.api.spi.ProbeClient;
import io.upstream4j.core.config.UpstreamConfig;
import io.upstream4j.core.connect.Connector;
import io.upstream4j.core.connect.HttpStream;
import io.upstream4j.core.health.ProbeConnections;
import io.upstream4j.core.peer.ConnectionStats;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerOptions;
import io.upstream4j.core.runtime.Connections;
import java.time.Duration;
import java.util.List;

/** Connections of the real connector. */
record ConnectorConnections(Connector connector) implements Connections {
  @Override
  public Future<HttpStream> open(HttpPeer peer) {
    return connector.open(peer, connector.eventLoops().next());
  }

  @Override
  public Future<HttpStream> openFresh(HttpPeer peer) {
    return connector.openFresh(peer, connector.eventLoops().next());
  }

  @Override
  public List<String> ignored(PeerOptions options) {
    return connector.ignored(options);
  }

  @Override
  public ConnectionStats stats(HttpPeer peer) {
    ConnectionStats stats = connector.stats(peer);
    return peer.overHttp1().map(connector::stats).map(stats::plus).orElse(stats);
  }

  @Override
  public void retire(HttpPeer peer, Duration grace) {
    connector.retire(peer, grace);
  }

  @Override
  public void warm(HttpPeer peer) {
    connector.warm(peer);
  }

  @Override
  public void cool(HttpPeer peer) {
    connector.cool(peer);
  }

  @Override
  public ProbeClient probes(UpstreamConfig config) {
    return new ProbeConnections(connector, config);
  }
}
