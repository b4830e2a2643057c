package io.upstream4j.core;

import io.upstream4j.api.spi.ProbeClient;
import io.upstream4j.core.config.UpstreamConfig;
import io.upstream4j.core.peer.ConnectionStats;
import io.upstream4j.core.peer.HttpPeer;
import java.time.Duration;

/** What upstreams need of the connector. */
interface Connections {
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
