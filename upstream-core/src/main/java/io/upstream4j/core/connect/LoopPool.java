package io.upstream4j.core.connect;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.upstream4j.core.peer.CloseReason;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The idle connections to one peer on one event loop, the most recently used first. Only that loop
 * calls it, but for {@link #available} and {@link #idle}.
 *
 * <p>The connections are links of a list themselves, so nothing is allocated. The end of the list
 * is always the connection that was idle longest, so one timer for its end closes all in time.
 */
final class LoopPool implements Runnable {
  final EventLoop loop;
  private final PeerPool pool;
  private final long idleNanos;
  private @Nullable PooledConnection newest;
  private @Nullable PooledConnection oldest;
  private @Nullable Future<?> timer;
  private @Nullable ConnectAttempt opening;
  private int size;

  /** Null when no connections are to be opened ahead. */
  private final @Nullable Preconnector preconnector;

  // Written by the loop alone. The write after a release must be seen before the reads of the
  // number of waiting requests that follow it: see PeerPool.
  private final AtomicInteger available = new AtomicInteger();
  private final AtomicInteger busy = new AtomicInteger();
  private final AtomicLong reused;

  /**
   * @param index of the loop
   * @param ready how many connections are to be opened ahead
   */
  LoopPool(PeerPool pool, EventLoop loop, int index, int ready) {
    this.pool = pool;
    this.loop = loop;
    this.idleNanos = pool.peer.options().timeouts().idle().toNanos();
    this.reused = pool.counts().reused(index);
    this.preconnector = ready == 0 ? null : new Preconnector(pool, this, index, ready);
  }

  /** How many may serve a request, for any thread; may be a moment old. */
  int available() {
    return available.get();
  }

  /** How many of these nobody uses. */
  int idle() {
    return Math.max(0, available.get() - busy.get());
  }

  /** How many may serve a request, on the loop. */
  int size() {
    return size;
  }

  /** Connections are to be opened ahead from now on. */
  void warm() {
    if (preconnector != null) {
      preconnector.startOver();
    }
  }

  /** A connection of this loop was closed. */
  void closed(PooledConnection connection, CloseReason reason) {
    if (preconnector != null) {
      preconnector.closed(connection, reason);
    }
  }

  /** The connection that is being opened here, and to which requests may be added. */
  @Nullable ConnectAttempt opening() {
    return opening;
  }

  void setOpening(@Nullable ConnectAttempt attempt) {
    opening = attempt;
  }

  /** Counts again whether a connection of the list is in use. */
  void noteUse(PooledConnection connection) {
    boolean inUse = connection.listed && !connection.isUnused();
    if (inUse != connection.countedBusy) {
      connection.countedBusy = inUse;
      busy.lazySet(busy.getPlain() + (inUse ? 1 : -1));
    }
  }

  void countReuse() {
    reused.lazySet(reused.getPlain() + 1);
  }

  /** The most recently used connection that is still open. */
  @Nullable PooledConnection take() {
    for (PooledConnection connection = newest; connection != null; connection = newest) {
      if (connection.isOpen()) {
        if (!connection.isShared()) {
          remove(connection);
        }
        return connection;
      }
      remove(connection);
      connection.close();
    }
    return null;
  }

  void push(PooledConnection connection) {
    if (connection.listed) {
      return;
    }
    PooledConnection next = newest;
    connection.older = next;
    connection.listed = true;
    connection.rested = true;
    connection.idleSince = System.nanoTime();
    newest = connection;
    if (next == null) {
      oldest = connection;
    } else {
      next.newer = connection;
    }
    available.set(++size);
    noteUse(connection);
    if (timer == null) {
      timer = loop.schedule(this, idleNanos, TimeUnit.NANOSECONDS);
    }
  }

  /** Takes out a connection, which may have been taken out before. */
  void remove(PooledConnection connection) {
    if (connection.listed) {
      unlink(connection);
      if (preconnector != null) {
        preconnector.wake();
      }
    }
  }

  /** As {@link #remove}, before the connection is closed, which tells more. */
  void drop(PooledConnection connection) {
    if (connection.listed) {
      unlink(connection);
    }
  }

  /** Puts a connection that nobody uses any more at the head of the list, if it is in it. */
  void renew(PooledConnection connection) {
    if (connection.listed) {
      unlink(connection);
      push(connection);
    }
  }

  private void unlink(PooledConnection connection) {
    PooledConnection newer = connection.newer;
    PooledConnection older = connection.older;
    if (newer == null) {
      newest = older;
    } else {
      newer.older = older;
    }
    if (older == null) {
      oldest = newer;
    } else {
      older.newer = newer;
    }
    connection.newer = null;
    connection.older = null;
    connection.listed = false;
    available.lazySet(--size);
    noteUse(connection);
  }

  void closeAll() {
    for (PooledConnection connection = newest; connection != null; connection = newest) {
      remove(connection);
      connection.retire(CloseReason.DRAINED);
    }
    Future<?> armed = timer;
    if (armed != null) {
      armed.cancel(false);
      timer = null;
    }
  }

  /** The timer: closes what has been idle too long, and waits for the next. */
  @Override
  public void run() {
    timer = null;
    long now = System.nanoTime();
    for (PooledConnection connection = oldest; connection != null; connection = oldest) {
      long left = connection.idleSince + idleNanos - now;
      if (left > 0) {
        if (timer == null) {
          timer = loop.schedule(this, left, TimeUnit.NANOSECONDS);
        }
        return;
      }
      unlink(connection);
      if (connection.isUnused()) {
        connection.close(CloseReason.IDLE_TIMEOUT);
      } else {
        push(connection);
      }
    }
  }

  /** Gives idle connections to waiting requests. */
  void serveWaiting() {
    pool.serveWaiting(this);
  }
}
