package io.upstream4j.core.connect;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The idle connections to one peer on one event loop, the most recently used first. Only that loop
 * calls it, but for {@link #idle} and {@link #reused}.
 *
 * <p>The connections are links of a list themselves, so nothing is allocated. The end of the list
 * is always the connection that was idle longest, so one timer for its end closes all in time.
 */
final class LoopPool implements Runnable {
  final EventLoop loop;
  private final PeerPool pool;
  private final long idleNanos;
  private @Nullable Http1Connection newest;
  private @Nullable Http1Connection oldest;
  private @Nullable Future<?> timer;
  private int size;
  // Written by the loop alone. The write after a release must be seen before the reads of the
  // number of waiting requests that follow it: see PeerPool.
  private final AtomicInteger idle = new AtomicInteger();
  private final AtomicLong reused = new AtomicLong();

  LoopPool(PeerPool pool, EventLoop loop) {
    this.pool = pool;
    this.loop = loop;
    this.idleNanos = pool.peer.options().timeouts().idle().toNanos();
  }

  /** How many are idle, for any thread; may be a moment old. */
  int idle() {
    return idle.get();
  }

  long reused() {
    return reused.get();
  }

  void countReuse() {
    reused.lazySet(reused.getPlain() + 1);
  }

  /** The most recently used connection that is still open. */
  @Nullable Http1Connection take() {
    for (Http1Connection connection = newest; connection != null; connection = newest) {
      remove(connection);
      if (connection.isOpen()) {
        return connection;
      }
      connection.close();
    }
    return null;
  }

  void push(Http1Connection connection) {
    Http1Connection next = newest;
    connection.older = next;
    connection.idle = true;
    connection.idleSince = System.nanoTime();
    newest = connection;
    if (next == null) {
      oldest = connection;
    } else {
      next.newer = connection;
    }
    idle.set(++size);
    if (timer == null) {
      timer = loop.schedule(this, idleNanos, TimeUnit.NANOSECONDS);
    }
  }

  /** Takes out a connection, which may have been taken out before. */
  void remove(Http1Connection connection) {
    if (!connection.idle) {
      return;
    }
    Http1Connection newer = connection.newer;
    Http1Connection older = connection.older;
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
    connection.idle = false;
    idle.lazySet(--size);
  }

  void closeAll() {
    for (Http1Connection connection = newest; connection != null; connection = newest) {
      remove(connection);
      connection.close();
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
    for (Http1Connection connection = oldest; connection != null; connection = oldest) {
      long left = connection.idleSince + idleNanos - now;
      if (left > 0) {
        timer = loop.schedule(this, left, TimeUnit.NANOSECONDS);
        return;
      }
      remove(connection);
      connection.close();
    }
  }

  /** Gives idle connections to waiting requests. */
  void serveWaiting() {
    pool.serveWaiting(this);
  }
}
