package io.upstream4j.core.backends;

import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.runtime.Connections;
import java.util.HashSet;
import java.util.Set;

/**
 * Tells the connector which backends of an upstream are to have idle connections: those that get
 * requests. Control loop only.
 */
final class IdleConnections {
  private final Connections connections;
  private Set<HttpPeer> warm = Set.of();

  IdleConnections(Connections connections) {
    this.connections = connections;
  }

  /** Backends have come, gone, or changed in health or in what the operator wants of them. */
  void update(Generation now) {
    PickSettings settings = now.settings();
    if (warm.isEmpty() && (settings == null || settings.peer().limits().minIdle() == 0)) {
      return;
    }
    Set<HttpPeer> wanted = new HashSet<>();
    for (int slot = 0; slot < now.size(); slot++) {
      if (now.slot(slot).byHost() != null) {
        continue; // for which host is not known
      }
      HttpPeer peer = now.slot(slot).peer();
      if (peer.options().limits().minIdle() > 0 && now.state(slot).isUp()) {
        wanted.add(peer);
      }
    }
    for (HttpPeer peer : wanted) {
      if (!warm.contains(peer)) {
        connections.warm(peer);
      }
    }
    for (HttpPeer peer : warm) {
      if (!wanted.contains(peer)) {
        connections.cool(peer);
      }
    }
    warm = wanted;
  }
}
