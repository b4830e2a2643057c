package io.upstream4j.core.connect;

import io.netty.util.concurrent.Future;
import io.upstream4j.core.peer.CloseReason;
import io.upstream4j.core.peer.PeerException.Failure;
import io.upstream4j.core.peer.Timeouts;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Watches the read and write timeouts of a connection's streams, and whether a silent peer still
 * lives. On the connection's loop: one timer that looks at all of them every so often.
 */
final class Http2Timer implements Runnable {
  // How much later than its time a timeout may be noticed: a thirty-second part.
  private static final int LOOKS_PER_TIMEOUT = 32;

  private final Http2Connection connection;
  private final Timeouts timeouts;
  private final long readNanos;
  private final long writeNanos;
  private final long pingNanos;
  private final long lookNanos;
  private long pingedAt;
  private boolean pinged;
  private @Nullable Future<?> armed;

  Http2Timer(Http2Connection connection) {
    this.connection = connection;
    this.timeouts = connection.peer.options().timeouts();
    this.readNanos = timeouts.read().toNanos();
    this.writeNanos = timeouts.write().toNanos();
    this.pingNanos =
        connection.peer.options().http2().pingInterval().map(Duration::toNanos).orElse(0L);
    long shortest = Math.min(readNanos, writeNanos);
    this.lookNanos =
        Math.max(
            1_000_000,
            (pingNanos == 0 ? shortest : Math.min(shortest, pingNanos)) / LOOKS_PER_TIMEOUT);
  }

  void start() {
    armed = connection.loop.schedule(this, lookNanos, TimeUnit.NANOSECONDS);
  }

  void stop() {
    Future<?> timer = armed;
    if (timer != null) {
      timer.cancel(false);
      armed = null;
    }
  }

  @Override
  public void run() {
    if (!connection.isOpen()) {
      return;
    }
    long now = System.nanoTime();
    if (pingNanos != 0 && !isAlive(now)) {
      return;
    }
    connection.forEachExchange(exchange -> look(exchange, now));
    start();
  }

  private boolean isAlive(long now) {
    long last = connection.lastRead();
    if (pinged && last - pingedAt > 0) {
      pinged = false;
    }
    if (!pinged && now - last >= pingNanos) {
      pinged = true;
      pingedAt = now;
      connection.ping();
    } else if (pinged && now - pingedAt >= pingNanos) {
      connection.breakOff(
          CloseReason.TIMED_OUT,
          Failure.CLOSED,
          "no answer to an HTTP/2 PING within " + DurationText.of(Duration.ofNanos(pingNanos)));
      return false;
    }
    return true;
  }

  private void look(Http2Exchange exchange, long now) {
    if (exchange.hasUnsent()) {
      if (now - exchange.progressAt() >= writeNanos) {
        timedOut(
            exchange,
            Failure.WRITE_TIMEOUT,
            "no request bytes could be sent for " + DurationText.of(timeouts.write()));
      }
    } else if (exchange.awaitsResponse() && now - exchange.waitingSince() >= readNanos) {
      timedOut(
          exchange,
          Failure.READ_TIMEOUT,
          "no response bytes within " + DurationText.of(timeouts.read()));
    }
  }

  private void timedOut(Http2Exchange exchange, Failure failure, String detail) {
    if (connection.lastRead() - exchange.beganAt() < 0) {
      // Nothing at all has come since: the peer may be gone, and no other request should find out.
      connection.giveUp(CloseReason.TIMED_OUT);
    }
    exchange.fail(failure, detail);
  }
}
