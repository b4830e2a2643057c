package io.upstream4j.core.connect;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.upstream4j.core.peer.CloseReason;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The idle connections to one peer on one event loop, the most recently used first. Only that loop
 * calls it, but for {@link #available} and {@link #idle}.
 *
 * <p>The connections are links of a list themselves, so nothing is allocated. The end of the list
 * is always the connection that was idle longest, so one timer for its end closes all in time;
 * where servers say for how long they keep a connection, it looks at all of them.
 */
final class LoopPool implements Runnable {
  final EventLoop loop;
  private final PeerPool pool;
  private final long idleNanos;
  private @Nullable PooledConnection newest;
  private @Nullable PooledConnection oldest;
  private @Nullable Future<?> timer;
  private long timerAt;
  private boolean keptShorter; // some connection, by its server's word
  private @Nullable ConnectAttempt opening;
  private int size;

  // Of connections that serve one request at a time.
  private final RecentUse recentUse = new RecentUse();
  private final Set<ConnectAttempt> orphans = new LinkedHashSet<>(); // at most MAX_ORPHANS
  private int open;
  private int resting; // in the list
  private @Nullable Future<?> trimming;

  /** Null when no connections are to be opened ahead. */
  private final @Nullable Preconnector preconnector;

  // Written by the loop alone. The write after a release must be seen before the reads of the
  // number of waiting requests that follow it: see PeerPool.
  private final AtomicInteger available = new AtomicInteger();
  private final AtomicInteger busy = new AtomicInteger();
  private final AtomicLong reused;

  /**
   * So many connections may rest however few were in use, until they are idle for too long: few
   * enough to cost nothing, and enough for requests that come now and then.
   */
  static final int FREE = 16;

  private static final int MAX_ORPHANS = 16;
  private static final long TRIM_SECONDS = 5;
  private static final long MIN_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final int ready;

  /**
   * @param index of the loop
   * @param ready how many connections are to be opened ahead
   */
  LoopPool(PeerPool pool, EventLoop loop, int index, int ready) {
    this.pool = pool;
    this.loop = loop;
    this.idleNanos = pool.peer.options().timeouts().idle().toNanos();
    this.reused = pool.counts().reused(index);
    this.ready = ready;
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

  /** A connection of this loop can be used from now on. */
  void opened(PooledConnection connection) {
    if (!connection.isShared()) {
      open++;
      recentUse.note(open - resting);
    }
  }

  /** A connection of this loop was closed. */
  void closed(PooledConnection connection, CloseReason reason) {
    if (!connection.isShared()) {
      open--;
    }
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

  /**
   * Keeps the opening of a connection whose request was cancelled, for the next request.
   *
   * @return false when there are enough of these
   */
  boolean adopt(ConnectAttempt attempt) {
    if (orphans.size() >= MAX_ORPHANS) {
      return false;
    }
    orphans.add(attempt);
    return true;
  }

  /** The oldest of these openings, which is the caller's from now on. */
  @Nullable ConnectAttempt takeOrphan() {
    Iterator<ConnectAttempt> all = orphans.iterator();
    if (!all.hasNext()) {
      return null;
    }
    ConnectAttempt oldest = all.next();
    all.remove();
    return oldest;
  }

  void removeOrphan(ConnectAttempt attempt) {
    orphans.remove(attempt);
  }

  void countReuse() {
    reused.lazySet(reused.getPlain() + 1);
  }

  /** The most recently used connection that is still open. */
  @Nullable PooledConnection take() {
    for (PooledConnection connection = newest; connection != null; connection = newest) {
      if (isOverdue(connection)) {
        unlink(connection);
        connection.close(CloseReason.IDLE_TIMEOUT);
        continue;
      }
      if (connection.isOpen()) {
        if (!connection.isShared()) {
          remove(connection);
          recentUse.note(open - resting);
        }
        return connection;
      }
      remove(connection);
      connection.close();
    }
    return null;
  }

  /** Whether the server may be about to close it, by its own word. */
  private boolean isOverdue(PooledConnection connection) {
    return connection.idleNanos < idleNanos
        && System.nanoTime() - connection.idleSince >= connection.idleNanos;
  }

  void push(PooledConnection connection) {
    if (connection.listed) {
      return;
    }
    PooledConnection next = newest;
    connection.older = next;
    connection.listed = true;
    connection.rested = true;
    long now = System.nanoTime();
    connection.idleSince = now;
    newest = connection;
    if (next == null) {
      oldest = connection;
    } else {
      next.newer = connection;
    }
    if (!connection.isShared() && ++resting > FREE && trimming == null) {
      trimming = loop.schedule(this::trim, TRIM_SECONDS, TimeUnit.SECONDS);
    }
    available.set(++size);
    noteUse(connection);
    keptShorter |= connection.idleNanos < idleNanos;
    wakeAt(now, connection.idleNanos);
  }

  /** Has the timer run after so long, if it would run later. */
  private void wakeAt(long now, long nanos) {
    Future<?> armed = timer;
    if (armed != null) {
      if (timerAt - now <= nanos) {
        return;
      }
      armed.cancel(false);
    }
    timerAt = now + nanos;
    timer = loop.schedule(this, nanos, TimeUnit.NANOSECONDS);
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
    if (!connection.isShared()) {
      resting--;
    }
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
    for (ConnectAttempt orphan = takeOrphan(); orphan != null; orphan = takeOrphan()) {
      orphan.giveUp();
    }
  }

  /**
   * Closes the connections that are idle for longest, of those that are more than were in use at
   * the same time recently: what a burst of requests has left, or requests that nobody waited for.
   */
  void trim() {
    trimming = null;
    int wanted = Math.max(recentUse.look(open - resting), FREE) + ready;
    PooledConnection connection = oldest;
    int surplus = Math.min(open - wanted, resting - ready);
    while (surplus > 0 && connection != null) {
      PooledConnection newer = connection.newer;
      if (!connection.isShared()) {
        surplus--;
        unlink(connection);
        connection.close(CloseReason.SURPLUS);
      }
      connection = newer;
    }
    if (resting > FREE && trimming == null) {
      trimming = loop.schedule(this::trim, TRIM_SECONDS, TimeUnit.SECONDS);
    }
  }

  /** The timer: closes what has been idle too long, and waits for the next. */
  @Override
  public void run() {
    timer = null;
    long now = System.nanoTime();
    PooledConnection connection = oldest;
    while (connection != null) {
      PooledConnection next = connection.newer;
      long left = connection.idleSince + connection.idleNanos - now;
      if (left > 0) {
        wakeAt(now, keptShorter ? Math.max(left, MIN_WAIT_NANOS) : left);
        if (!keptShorter) {
          return;
        }
      } else {
        unlink(connection);
        if (connection.isUnused()) {
          connection.close(CloseReason.IDLE_TIMEOUT);
        } else {
          push(connection);
        }
      }
      connection = next;
    }
  }

  /** Gives idle connections to waiting requests. */
  void serveWaiting() {
    pool.serveWaiting(this);
  }
}
