package io.upstream4j.distribution.gateway;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The client connections of one event loop, and their clock. All connections are checked once a
 * second. A timer per connection would be set and cancelled all the time on busy connections, and
 * take memory for thousands of idle ones. Confined to its event loop, except for {@link
 * #idleSeconds}.
 *
 * <p>Connections without a request are in a list of their own, ordered by when they became idle.
 * The first one is closed when there is no room for another.
 */
final class LoopClients {
  /**
   * How long a new connection may be idle before it can be closed, because its request may be on
   * its way. More than one second, as the clock counts whole seconds.
   */
  private static final int FRESH_SECONDS = 2;

  /** How long a connection that was told to close may take before it is closed at once. */
  private static final int CLOSE_SECONDS = 5;

  private final EventLoop loop;
  private final Admission admission;
  private final ClientList idle = new ClientList(); // longest first
  private final ClientList busy = new ClientList();
  private @Nullable ScheduledFuture<?> ticking;
  private int now;
  private volatile int idleSeconds;

  LoopClients(EventLoop loop, Admission admission) {
    this.loop = loop;
    this.admission = admission;
    admission.add(this);
  }

  EventLoop loop() {
    return loop;
  }

  /** Returns the seconds since the first connection. */
  int now() {
    return now;
  }

  /**
   * Returns the longest idle time at the last tick in seconds; -1 when no connection is idle.
   * Thread-safe.
   */
  int idleSeconds() {
    return idleSeconds;
  }

  /** Adds a connection, which is idle until {@link #busy} is called. */
  void add(LoopClient client) {
    client.idleFrom = now;
    idle.add(client);
    if (ticking == null) {
      ticking = loop.scheduleAtFixedRate(this::tick, 1, 1, TimeUnit.SECONDS);
    }
  }

  void remove(LoopClient client) {
    endEviction(client);
    ClientList list = client.list;
    if (list != null) {
      list.remove(client);
    }
    ScheduledFuture<?> timer = ticking;
    if (idle.first == null && busy.first == null && timer != null) {
      timer.cancel(false);
      ticking = null;
      idleSeconds = -1;
    }
  }

  /** Called when a connection has a request or is about to close. */
  void busy(LoopClient client) {
    endEviction(client);
    client.used = true;
    move(client, busy);
  }

  private void endEviction(LoopClient client) {
    if (client.evictedSince != LoopClient.KEPT) {
      client.evictedSince = LoopClient.KEPT;
      admission.endEviction();
    }
  }

  /** Called when a connection no longer has a request. */
  void idle(LoopClient client) {
    client.idleFrom = now;
    move(client, idle);
    if (admission.needsEviction()) {
      loop.execute(this::closeOldestIdle); // after the current call, which made it idle
    }
  }

  private static void move(LoopClient client, ClientList to) {
    ClientList from = client.list;
    if (from != null && from != to) { // null once removed
      from.remove(client);
      to.add(client);
    }
  }

  /**
   * Closes the connection that has been idle longest, if room is still needed.
   *
   * @return false when room is needed, but no connection is idle or has had its time to send a
   *     request
   */
  boolean closeOldestIdle() {
    LoopClient oldest = idle.first;
    if (oldest == null || (!oldest.used && now - oldest.idleFrom < FRESH_SECONDS)) {
      return false; // all others are idle for a shorter time
    }
    if (admission.beginEviction()) {
      move(oldest, busy);
      oldest.evictedSince = now;
      idleSeconds = longest();
      oldest.closeIfIdle();
    }
    return true;
  }

  private int longest() {
    LoopClient oldest = idle.first;
    return oldest == null ? -1 : now - oldest.idleFrom;
  }

  private void tick() {
    now++;
    tick(idle);
    tick(busy);
    while (admission.needsEviction() && closeOldestIdle()) {} // those that were new before
    idleSeconds = longest();
  }

  private void tick(ClientList list) {
    LoopClient client = list.first;
    while (client != null) {
      LoopClient next = client.next; // a client that times out removes itself
      if (client.evictedSince != LoopClient.KEPT && now - client.evictedSince > CLOSE_SECONDS) {
        client.closeNow();
      } else {
        client.onTick(now);
      }
      client = next;
    }
  }

  /** Closes the connections without a request in progress. */
  void closeIdle() {
    forAll(LoopClient::closeIfIdle);
  }

  /** Closes all connections. */
  void closeAll() {
    forAll(LoopClient::closeNow);
  }

  private void forAll(Consumer<LoopClient> action) {
    for (ClientList list : List.of(idle, busy)) {
      LoopClient client = list.first;
      while (client != null) {
        LoopClient next = client.next;
        action.accept(client);
        client = next;
      }
    }
  }

  /** A list of connections, linked through their handlers without further memory. */
  static final class ClientList {
    private @Nullable LoopClient first;
    private @Nullable LoopClient last;

    private void add(LoopClient client) {
      LoopClient before = last;
      client.list = this;
      client.previous = before;
      if (before == null) {
        first = client;
      } else {
        before.next = client;
      }
      last = client;
    }

    private void remove(LoopClient client) {
      LoopClient before = client.previous;
      LoopClient after = client.next;
      if (before == null) {
        first = after;
      } else {
        before.next = after;
      }
      if (after == null) {
        last = before;
      } else {
        after.previous = before;
      }
      client.list = null;
      client.previous = null;
      client.next = null;
    }
  }
}
