package io.upstream4j.core;

import io.upstream4j.core.peer.HttpPeer;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Counts who uses a peer, over all upstreams: equal peers share their connections, so these are
 * closed only when the last user is gone. Control loop only.
 */
final class PeerUse {
  private final Map<HttpPeer, Integer> users = new HashMap<>();
  private final Consumer<HttpPeer> retire;

  PeerUse(Consumer<HttpPeer> retire) {
    this.retire = retire;
  }

  void acquire(HttpPeer peer) {
    users.merge(peer, 1, Integer::sum);
  }

  void release(HttpPeer peer) {
    if (users.merge(peer, -1, Integer::sum) == 0) {
      users.remove(peer);
      retire.accept(peer);
    }
  }
}
