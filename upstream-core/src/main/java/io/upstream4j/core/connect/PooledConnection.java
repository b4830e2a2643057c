package io.upstream4j.core.connect;

import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException.Failure;
import org.jspecify.annotations.Nullable;

/**
 * What the pool knows of a connection: the last handler of its channel, and a link in its loop's
 * list of those that may serve a request. Everything in it happens on its event loop.
 */
abstract class PooledConnection extends ChannelInboundHandlerAdapter {
  final PeerPool pool;
  final LoopPool home;
  final HttpPeer peer;
  final EventLoop loop;
  final Channel channel;

  // The list: for LoopPool alone.
  @Nullable PooledConnection newer;
  @Nullable PooledConnection older;
  boolean listed;
  boolean countedBusy;
  long idleSince;

  PooledConnection(PeerPool pool, LoopPool home, Channel channel) {
    this.pool = pool;
    this.home = home;
    this.peer = pool.peer;
    this.loop = home.loop;
    this.channel = channel;
  }

  /** The pool counts this connection from now on. */
  abstract void begin();

  /** Whether several exchanges may share it at the same time. */
  abstract boolean isShared();

  /** Whether it may serve one more exchange now. */
  abstract boolean canLease();

  /** Whether nobody uses it. */
  abstract boolean isUnused();

  abstract boolean isOpen();

  /** Whether a request was sent on it. */
  abstract boolean wasUsed();

  /** Gives the connection, or a stream of it, to a caller. */
  abstract HttpStream lease();

  /** Takes back what {@link #lease} gave, from a caller that never got to see it. */
  abstract void unlease();

  /** Closes the connection as soon as nobody uses it. */
  abstract void retire();

  abstract void close();

  /** Closes the connection, whose place under the limit goes to another. */
  abstract void closeKeepingPlace();

  /** Closes the connection whatever it does. Called by any thread. */
  abstract void breakOff(Failure failure, String reason);

  /** The connector is being closed. Any thread. */
  final void shutDown() {
    breakOff(Failure.SHUTDOWN, "the connector was closed");
  }
}
