package io.upstream4j.core.connect;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.DefaultPromise;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/** One request for a connection, from the call until it has one or has failed. */
final class Acquisition extends DefaultPromise<HttpStream> {
  private static final int STARTED = 0;
  private static final int WAITING = 1;
  private static final int TAKEN = 2;
  // A connection, the timeout and the caller's cancel race for a waiting request; one wins.
  private static final AtomicIntegerFieldUpdater<Acquisition> STATE =
      AtomicIntegerFieldUpdater.newUpdater(Acquisition.class, "state");

  final EventLoop preferred;
  final int index;
  final boolean fresh;
  volatile PeerPool pool;

  /** Whether the connector waits for it before it closes. Set once, before anybody else has it. */
  boolean counted;

  @SuppressWarnings("UnusedVariable") // STATE reads it
  private volatile int state;

  private volatile @Nullable Future<?> timer;
  private int visited;

  Acquisition(PeerPool pool, EventLoop preferred, int index, boolean fresh) {
    super(preferred);
    this.pool = pool;
    this.preferred = preferred;
    this.index = index;
    this.fresh = fresh;
  }

  /** The next loop whose idle connections to ask for, its own first, or null after the last. */
  @Nullable LoopPool nextToVisit() {
    LoopPool[] loops = pool.loops;
    while (visited < loops.length) {
      LoopPool loop = loops[(index + visited++) % loops.length];
      if (loop.available() > 0) {
        return loop;
      }
    }
    return null;
  }

  void startOver(PeerPool successor) {
    pool = successor;
    visited = 0;
    state = STARTED;
  }

  void startWaiting() {
    state = WAITING;
    timer =
        preferred.schedule(
            this::expire,
            pool.peer.options().limits().pendingTimeout().toNanos(),
            TimeUnit.NANOSECONDS);
  }

  /** Ends the waiting, for one caller only. */
  boolean claim() {
    if (!STATE.compareAndSet(this, WAITING, TAKEN)) {
      return false;
    }
    Future<?> armed = timer;
    if (armed != null) {
      armed.cancel(false);
      timer = null;
    }
    return true;
  }

  private void expire() {
    PeerPool waitedFor = pool;
    if (claim()) {
      waitedFor.gaveUp(this);
      tryFailure(waitedFor.pendingTimedOut());
    }
  }

  @Override
  public boolean trySuccess(HttpStream stream) {
    boolean won = super.trySuccess(stream);
    settled(won);
    return won;
  }

  @Override
  public boolean tryFailure(Throwable cause) {
    boolean won = super.tryFailure(cause);
    settled(won);
    return won;
  }

  private void settled(boolean won) {
    if (won && counted) {
      pool.connector.settled();
    }
  }

  @Override
  public boolean cancel(boolean mayInterruptIfRunning) {
    boolean cancelled = super.cancel(mayInterruptIfRunning);
    settled(cancelled);
    PeerPool waitedFor = pool;
    if (cancelled && claim()) {
      waitedFor.gaveUp(this);
    }
    return cancelled;
  }
}
