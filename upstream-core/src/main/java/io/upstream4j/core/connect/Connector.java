package io.upstream4j.core.connect;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.util.concurrent.Future;
import io.upstream4j.core.peer.ConnectionStats;
import io.upstream4j.core.peer.HttpPeer;
import java.time.Duration;

/** SKELETON: bodies to come; the signatures hold. */
public final class Connector implements AutoCloseable {
  /**
   * Starts the event loops.
   *
   * @param threads how many; at least 1
   */
  public Connector(int threads) {
    throw new IllegalStateException("skeleton " + threads);
  }

  /** The loops, which a server in the same program does well to share. */
  public EventLoopGroup eventLoops() {
    throw new IllegalStateException("skeleton");
  }

  /** The kind of server channel that fits {@link #eventLoops}. */
  public Class<? extends ServerChannel> serverChannelType() {
    throw new IllegalStateException("skeleton");
  }

  /** {@code epoll} or {@code nio}. */
  public String transport() {
    throw new IllegalStateException("skeleton");
  }

  /**
   * Takes an idle connection, the most recently used of {@code preferred} first, then any other
   * loop's, or opens one on {@code preferred}, or waits for one when the limit is reached.
   *
   * @return fails with a {@link io.upstream4j.core.peer.PeerException}. Cancelling it gives the
   *     connection back
   */
  public Future<HttpStream> open(HttpPeer peer, EventLoop preferred) {
    throw new IllegalStateException("skeleton " + peer + preferred);
  }

  /** As {@link #open}, but never on a connection that was used before. */
  public Future<HttpStream> openFresh(HttpPeer peer, EventLoop preferred) {
    throw new IllegalStateException("skeleton " + peer + preferred);
  }

  /** The pool of one peer. */
  public ConnectionStats stats(HttpPeer peer) {
    throw new IllegalStateException("skeleton " + peer);
  }

  /** Closes the peer's idle connections now, and those in use when they become idle. */
  public void retire(HttpPeer peer) {
    throw new IllegalStateException("skeleton " + peer);
  }

  /**
   * Refuses new exchanges, waits for those under way, then closes everything. Blocks.
   *
   * @param grace how long to wait for exchanges
   */
  public void close(Duration grace) {
    throw new IllegalStateException("skeleton " + grace);
  }

  /** Closes everything at once. */
  @Override
  public void close() {
    close(Duration.ZERO);
  }
}
