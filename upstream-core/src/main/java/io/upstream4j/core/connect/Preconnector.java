package io.upstream4j.core.connect;

import io.netty.util.concurrent.Future;
import io.upstream4j.core.peer.CloseReason;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Opens connections before requests want them, so that one event loop always has a number of them
 * in its list. Everything in it happens on that loop, and none of it in the call that took one.
 *
 * <p>The number is each loop's part of the whole, so that no loop has to ask the others. A
 * connection is opened as for a request that gives it back unused. When that fails, or the peer
 * closes it as soon as it is open, the next try waits: twice as long each time, by lot between half
 * of that and all of it.
 */
final class Preconnector implements Runnable {
  private static final long FIRST_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final long LONGEST_WAIT_NANOS = TimeUnit.SECONDS.toNanos(30);

  /** What lives longer, unused, was not refused. */
  private static final long ALIVE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final PeerPool pool;
  private final LoopPool home;
  private final int index;
  private final int wanted;
  private int opening;
  private int failures;
  private boolean due;
  private @Nullable Future<?> waiting;

  Preconnector(PeerPool pool, LoopPool home, int index, int wanted) {
    this.pool = pool;
    this.home = home;
    this.index = index;
    this.wanted = wanted;
  }

  /** The list has become shorter: looks after it, later. */
  void wake() {
    if (home.size() + opening < wanted && !due && waiting == null && pool.isWarm()) {
      due = true;
      home.loop.execute(this);
    }
  }

  /** The backend gets requests from now on, whatever happened before. */
  void startOver() {
    failures = 0;
    Future<?> timer = waiting;
    if (timer != null) {
      timer.cancel(false);
      waiting = null;
    }
    wake();
  }

  @Override
  public void run() {
    due = false;
    fill();
  }

  private void tryAgain() {
    waiting = null;
    fill();
  }

  private void fill() {
    while (pool.isWarm() && waiting == null && home.size() + opening < wanted) {
      Acquisition request = new Acquisition(pool, home.loop, index, false);
      opening++;
      if (!pool.connectAhead(request)) {
        // Requests have all the connections there may be, and bring them back or make room.
        opening--;
        waitFor(ALIVE_NANOS);
        return;
      }
      request.addListener(opened -> opened((Acquisition) opened));
    }
  }

  private void opened(Acquisition request) {
    opening--;
    if (request.isSuccess()) {
      request.getNow().cancel();
      wake();
    } else {
      failed();
    }
  }

  /** A connection of this loop was closed. */
  void closed(PooledConnection connection, CloseReason reason) {
    if (connection.wasUsed() || System.nanoTime() - connection.idleSince > ALIVE_NANOS) {
      failures = 0;
    } else {
      switch (reason) {
        case IDLE_TIMEOUT, MAX_AGE -> waitFor(FIRST_WAIT_NANOS); // which are too short for more
        case MAX_REQUESTS, REPLACED, ABANDONED, DRAINED, SURPLUS -> {}
        case PEER_CLOSED, GOAWAY, NOT_REUSABLE, BROKEN, TIMED_OUT, PROTOCOL -> failed();
      }
    }
    wake();
  }

  private void failed() {
    long longest = Math.min(FIRST_WAIT_NANOS << Math.min(failures, 20), LONGEST_WAIT_NANOS);
    failures++;
    waitFor(ThreadLocalRandom.current().nextLong(longest / 2, longest));
  }

  private void waitFor(long nanos) {
    if (waiting == null && pool.isWarm()) {
      waiting = home.loop.schedule(this::tryAgain, nanos, TimeUnit.NANOSECONDS);
    }
  }
}
