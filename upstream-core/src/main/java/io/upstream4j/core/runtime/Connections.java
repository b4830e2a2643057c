package io.upstream4j.core.runtime;

import io.netty.util.concurrent.Future;
import io.upstream4j.api.spi.ProbeClient;
import io.upstream4j.core.config.UpstreamConfig;
import io.upstream4j.core.connect.HttpStream;
import io.upstream4j.core.peer.ConnectionStats;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerOptions;
import java.time.Duration;
import java.util.List;

/** What upstreams need of the connector. */
public interface Connections {
  /** {@link io.upstream4j.core.connect.Connector#open}, on any event loop. Called by any thread. */
  Future<HttpStream> open(HttpPeer peer);

  /** {@link io.upstream4j.core.connect.Connector#openFresh}, as {@link #open}. */
  Future<HttpStream> openFresh(HttpPeer peer);

  /** {@link io.upstream4j.core.connect.Connector#ignored}. */
  List<String> ignored(PeerOptions options);

  /** The pool of one peer. Called by any thread. */
  ConnectionStats stats(HttpPeer peer);

  /**
   * Closes idle connections now, those in use when they become idle, and after the grace period
   * whatever is left. Never blocks.
   */
  void retire(HttpPeer peer, Duration grace);

  /**
   * Keeps idle connections to a peer ready, as many as its options say, until {@link #cool} was
   * called as often as this. Never blocks.
   */
  void warm(HttpPeer peer);

  /**
   * Ends what {@link #warm} began. Connections that are there stay until they are idle too long.
   */
  void cool(HttpPeer peer);

  /** Reaches the backends of an upstream for probes. */
  ProbeClient probes(UpstreamConfig config);
}
