package io.upstream4j.core.connect;

import io.netty.channel.ChannelOutboundBuffer;
import io.netty.util.concurrent.Future;
import io.upstream4j.core.peer.PeerException.Failure;
import io.upstream4j.core.peer.Timeouts;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Watches the read and write timeouts of a connection's exchanges, on its loop.
 *
 * <p>An exchange only writes down when its waiting began. One timer per connection looks at that
 * every so often, and comes back when the time would be over; a timer per request would cost more
 * than the request's own bookkeeping. While bytes wait for the socket it looks more often, as Netty
 * does not tell when some of them have left.
 */
final class Http1Timer implements Runnable {
  // How much later than its time a write timeout may be noticed: a thirty-second part.
  private static final int LOOKS_PER_WRITE_TIMEOUT = 32;

  private final Http1Connection connection;
  private final Timeouts timeouts;
  private final long readNanos;
  private final long writeNanos;
  private final long lookNanos;
  private @Nullable Future<?> armed;
  private boolean watchingWrites;
  private boolean progressKnown;
  private long lastSent;
  private long lastSentOfFirst;
  private int lastFirst;
  private long progressAt;

  Http1Timer(Http1Connection connection) {
    this.connection = connection;
    this.timeouts = connection.peer.options().timeouts();
    this.readNanos = timeouts.read().toNanos();
    this.writeNanos = timeouts.write().toNanos();
    this.lookNanos = Math.max(1_000_000, writeNanos / LOOKS_PER_WRITE_TIMEOUT);
  }

  /** An exchange begins. */
  void start() {
    if (armed == null) {
      arm(readNanos);
    }
  }

  /** The exchange has sent something. */
  void flushed() {
    if (!watchingWrites && connection.unsentBytes() > 0) {
      watchingWrites = true;
      progressKnown = false;
      stop();
      arm(lookNanos);
    }
  }

  void stop() {
    Future<?> timer = armed;
    if (timer != null) {
      timer.cancel(false);
      armed = null;
    }
  }

  private void arm(long nanos) {
    armed = connection.loop.schedule(this, nanos, TimeUnit.NANOSECONDS);
  }

  @Override
  public void run() {
    armed = null;
    Http1Exchange exchange = connection.exchange();
    if (exchange == null || !exchange.isBegun()) {
      // Idle: the next exchange arms it again.
      watchingWrites = false;
      return;
    }
    long now = System.nanoTime();
    ChannelOutboundBuffer buffer = connection.channel.unsafe().outboundBuffer();
    if (buffer != null && !buffer.isEmpty()) {
      exchange.restartReadClock(now);
      watchWrites(exchange, buffer, now);
      return;
    }
    watchingWrites = false;
    if (!exchange.awaitsResponse()) {
      arm(readNanos);
      return;
    }
    long left = exchange.waitingSince() + readNanos - now;
    if (left > 0) {
      arm(left);
    } else {
      exchange.fail(
          Failure.READ_TIMEOUT, "no response bytes within " + DurationText.of(timeouts.read()));
    }
  }

  private void watchWrites(Http1Exchange exchange, ChannelOutboundBuffer buffer, long now) {
    exchange.noteUnsent();
    // Netty counts some overhead as pending, so that this may fall when nothing leaves; it rises
    // only when something does.
    long sent = exchange.bodyWritten() - buffer.totalPendingWriteBytes();
    long sentOfFirst = buffer.currentProgress();
    int first = System.identityHashCode(buffer.current());
    if (!progressKnown) {
      progressKnown = true;
      progressAt = now - lookNanos;
    } else if (sent > lastSent || sentOfFirst != lastSentOfFirst || first != lastFirst) {
      progressAt = now;
    }
    lastSent = sent;
    lastSentOfFirst = sentOfFirst;
    lastFirst = first;
    long left = progressAt + writeNanos - now;
    if (left > 0) {
      arm(Math.min(left, lookNanos));
    } else {
      exchange.fail(
          Failure.WRITE_TIMEOUT,
          "no request bytes could be sent for " + DurationText.of(timeouts.write()));
    }
  }
}
