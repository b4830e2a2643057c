package io.upstream4j.core;

import io.upstream4j.api.spi.ProbeClient;
import io.upstream4j.core.config.UpstreamConfig;
import io.upstream4j.core.peer.ConnectionStats;
import io.upstream4j.core.peer.HttpPeer;

/** What upstreams need of the connector. */
interface Connections {
  /** The pool of one peer. Called by any thread. */
  ConnectionStats stats(HttpPeer peer);

  /** Closes idle connections now, and those in use when they become idle. Never blocks. */
  void retire(HttpPeer peer);

  /** Reaches the backends of an upstream for probes. */
  ProbeClient probes(UpstreamConfig config);
}
