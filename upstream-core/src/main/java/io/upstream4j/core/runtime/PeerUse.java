package io.upstream4j.core.runtime;

import io.upstream4j.api.spi.Scheduler;
import io.upstream4j.core.peer.HttpPeer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * Counts who uses a peer, over all generations: equal peers share their connections, so these are
 * closed only when the last user is gone. Who uses a peer also uses it over HTTP/1.1, for requests
 * that ask for another protocol. Control loop only.
 */
public final class PeerUse {
  private final Map<HttpPeer, Integer> users = new HashMap<>();
  private final Scheduler loop;
  private final BiConsumer<HttpPeer, Duration> retire;

  public PeerUse(Scheduler loop, BiConsumer<HttpPeer, Duration> retire) {
    this.loop = loop;
    this.retire = retire;
  }

  public void acquire(HttpPeer peer) {
    users.merge(peer, 1, Integer::sum);
    peer.overHttp1().ifPresent(this::acquire);
  }

  /**
   * Ends one use.
   *
   * @param grace how long exchanges may go on when it was the last
   */
  public void release(HttpPeer peer, Duration grace) {
    peer.overHttp1().ifPresent(upgrading -> release(upgrading, grace));
    if (users.merge(peer, -1, Integer::sum) == 0) {
      users.remove(peer);
      retire.accept(peer, grace);
      loop.schedule(grace, () -> sweep(peer));
    }
  }

  /** A request that had picked the peer just before may have opened a connection since. */
  private void sweep(HttpPeer peer) {
    if (!users.containsKey(peer)) {
      retire.accept(peer, Duration.ZERO);
    }
  }
}
