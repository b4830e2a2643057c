package io.upstream4j.distribution.gateway;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The client connections of one event loop, and their clock. Instead of a timer each, which a busy
 * connection would set and cancel all the time and ten thousand idle ones would keep in memory, all
 * are looked at once a second. Confined to its loop.
 */
final class LoopClients {
  private final EventLoop loop;
  private @Nullable LoopClient first; // linked through the handlers: no memory of its own
  private @Nullable ScheduledFuture<?> ticking;
  private int now;

  LoopClients(EventLoop loop) {
    this.loop = loop;
  }

  EventLoop loop() {
    return loop;
  }

  /** Seconds since the first connection. */
  int now() {
    return now;
  }

  void add(LoopClient client) {
    LoopClient second = first;
    client.next = second;
    if (second != null) {
      second.previous = client;
    }
    first = client;
    if (ticking == null) {
      ticking = loop.scheduleAtFixedRate(this::tick, 1, 1, TimeUnit.SECONDS);
    }
  }

  @SuppressWarnings("ReferenceEquality") // the very connection
  void remove(LoopClient client) {
    LoopClient before = client.previous;
    LoopClient after = client.next;
    if (before != null) {
      before.next = after;
    } else if (first == client) {
      first = after;
    }
    if (after != null) {
      after.previous = before;
    }
    client.previous = null;
    client.next = null;
    ScheduledFuture<?> timer = ticking;
    if (first == null && timer != null) {
      timer.cancel(false);
      ticking = null;
    }
  }

  private void tick() {
    now++;
    LoopClient client = first;
    while (client != null) {
      LoopClient next = client.next; // a client that expires unlinks itself
      client.onTick(now);
      client = next;
    }
  }

  /** Closes the connections on which no request is under way. */
  void closeIdle() {
    LoopClient client = first;
    while (client != null) {
      LoopClient next = client.next;
      client.closeIfIdle();
      client = next;
    }
  }

  /** Closes all connections. */
  void closeAll() {
    LoopClient client = first;
    while (client != null) {
      LoopClient next = client.next;
      client.closeNow();
      client = next;
    }
  }
}
