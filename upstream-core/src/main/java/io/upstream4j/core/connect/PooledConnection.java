package io.upstream4j.core.connect;

import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.upstream4j.core.peer.CloseReason;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.peer.PeerException.Failure;
import io.upstream4j.core.peer.PoolLimits;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What the pool knows of a connection: the last handler of its channel, and a link in its loop's
 * list of those that may serve a request. Everything in it happens on its event loop.
 */
abstract class PooledConnection extends ChannelInboundHandlerAdapter {
  private static final long SHORT_IDLE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

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
  boolean rested;
  long idleSince = System.nanoTime();
  long idleNanos; // for so long it may be idle

  /** Below zero when there is no limit. */
  private long requestsLeft;

  private @Nullable Future<?> aging;
  private @Nullable CloseReason retiredFor;
  private @Nullable CloseReason closedFor;

  PooledConnection(PeerPool pool, LoopPool home, Channel channel) {
    this.pool = pool;
    this.home = home;
    this.peer = pool.peer;
    this.loop = home.loop;
    this.channel = channel;
    this.idleNanos = peer.options().timeouts().idle().toNanos();
    PoolLimits limits = peer.options().limits();
    this.requestsLeft = limits.maxRequests().isPresent() ? limits.maxRequests().getAsInt() : -1;
  }

  /** The server keeps it for so long at most. */
  final void keepFor(long nanos) {
    idleNanos = Math.min(peer.options().timeouts().idle().toNanos(), nanos);
  }

  /**
   * Whether the peer has closed the connection while nobody used it, though the loop has not come
   * to notice. Asks the system, but not for a connection that was in use a moment ago.
   */
  final boolean hasPeerEnded() {
    return System.nanoTime() - idleSince > SHORT_IDLE_NANOS && Transport.hasPeerEnded(channel);
  }

  /** One more request of those that it may serve. */
  final void countRequest() {
    requestsLeft--;
  }

  /** A request that was counted will not be sent. */
  final void uncountRequest() {
    requestsLeft++;
  }

  /** Whether it has served all that it may: never when there is no limit. */
  final boolean isSpent() {
    return requestsLeft == 0;
  }

  /** From now on it grows old, if there is a limit. */
  final void startAging() {
    peer.options()
        .limits()
        .maxAge()
        .ifPresent(
            age ->
                aging =
                    loop.schedule(
                        () -> retire(CloseReason.MAX_AGE), lifeNanos(age), TimeUnit.NANOSECONDS));
  }

  /** By lot, so that connections that were opened together do not end together. */
  static long lifeNanos(Duration maxAge) {
    return (long) (maxAge.toNanos() * ThreadLocalRandom.current().nextDouble(0.9, 1));
  }

  final void stopAging() {
    Future<?> timer = aging;
    if (timer != null) {
      timer.cancel(false);
      aging = null;
    }
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

  /** Whether it has been in the pool, where the peer may have closed it. */
  final boolean mayBeStale() {
    return rested || wasUsed();
  }

  /** Gives the connection, or a stream of it, to a caller. */
  abstract HttpStream lease();

  /** Takes back what {@link #lease} gave, from a caller that never got to see it. */
  abstract void unlease();

  /** Gives no more of the connection, and closes it as soon as nobody uses it. */
  final void retire(CloseReason reason) {
    takeOut(reason);
    closeIfUnused();
  }

  /** Gives no more of the connection. */
  final void takeOut(CloseReason reason) {
    if (retiredFor == null) {
      retiredFor = reason;
    }
    if (isUnused()) {
      home.drop(this);
    } else {
      home.remove(this);
    }
  }

  final void closeIfUnused() {
    if (isUnused()) {
      // What may end without having been retired has served all that it may.
      close(retiredFor == null ? CloseReason.MAX_REQUESTS : retiredFor);
    }
  }

  final boolean isRetired() {
    return retiredFor != null;
  }

  final void close(CloseReason reason) {
    endsFor(reason);
    close();
  }

  /** Why it ends, or is about to: the first reason counts. */
  final void endsFor(CloseReason reason) {
    if (closedFor == null) {
      closedFor = reason;
    }
  }

  /**
   * Why it ended.
   *
   * @param otherwise when nothing of this side ended it
   */
  final CloseReason closedFor(CloseReason otherwise) {
    if (closedFor != null) {
      return closedFor;
    }
    return retiredFor == null ? otherwise : retiredFor;
  }

  /** Closes it, for a reason that was told or will be. */
  abstract void close();

  /** Closes the connection, whose place under the limit goes to another. */
  abstract void closeKeepingPlace();

  /** Closes the connection whatever it does. Called by any thread. */
  abstract void breakOff(CloseReason reason, Failure failure, String detail);

  /** The exchange that the connection cannot outlive failed. */
  static CloseReason reason(PeerException failure) {
    return switch (failure.failure()) {
      case READ_TIMEOUT, WRITE_TIMEOUT -> CloseReason.TIMED_OUT;
      case PROTOCOL, TLS -> CloseReason.PROTOCOL;
      case SHUTDOWN, DRAINED -> CloseReason.DRAINED;
      default -> failure.isStaleConnection() ? CloseReason.PEER_CLOSED : CloseReason.BROKEN;
    };
  }

  /** The connector is being closed. Any thread. */
  final void shutDown() {
    breakOff(CloseReason.DRAINED, Failure.SHUTDOWN, "the connector was closed");
  }
}
