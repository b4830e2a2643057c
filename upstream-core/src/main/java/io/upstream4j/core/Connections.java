package io.upstream4j.core;

import io.netty.util.concurrent.Future;
import io.upstream4j.api.spi.ProbeClient;
import io.upstream4j.core.config.UpstreamConfig;
import io.upstream4j.core.connect.HttpStream;
import io.upstream4j.core.peer.ConnectionStats;
import io.upstream4j.core.peer.HttpPeer;
import java.time.Duration;

/** What upstreams need of the connector. */
interface Connections {
  /** {@link io.upstream4j.core.connect.Connector#open}, on any event loop. Called by any thread. */
  Future<HttpStream> open(HttpPeer peer);

  /** {@link io.upstream4j.core.connect.Connector#openFresh}, as {@link #open}. */
  Future<HttpStream> openFresh(HttpPeer peer);

  /** The pool of one peer. Called by any thread. */
  ConnectionStats stats(HttpPeer peer);

  /**
   * Closes idle connections now, those in use when they become idle, and after the grace period
   * whatever is left. Never blocks.
   */
  void retire(HttpPeer peer, Duration grace);

  /** Reaches the backends of an upstream for probes. */
  ProbeClient probes(UpstreamConfig config);
}
