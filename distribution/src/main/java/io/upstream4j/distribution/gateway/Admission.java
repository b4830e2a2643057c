package io.upstream4j.distribution.gateway;

import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts connected clients and makes room for new ones. Thread-safe.
 *
 * <p>A listener with waiting clients ({@link Entrance}) first counts itself as waiting and then
 * tries to enter again. A connection that ends first releases its place and then checks for waiting
 * listeners. Both counters are volatile, so at least one side sees the other.
 */
final class Admission {
  private static final long CONNECTION = 1L << 32; // in the upper half, above the units

  private final Counters counters;
  private final List<LoopClients> loops = new CopyOnWriteArrayList<>();
  private final LimitWarning warning;
  private final AtomicLong taken = new AtomicLong();
  private final AtomicInteger waiting = new AtomicInteger(); // listeners
  private final AtomicInteger needed = new AtomicInteger(); // places that they need
  private final AtomicInteger evicting = new AtomicInteger(); // connections being closed for them
  private final List<Entrance> entrances = new CopyOnWriteArrayList<>();
  private volatile ConnectionLimit limit;

  /** Creates an admission control without clients. */
  Admission(ConnectionLimit limit, Counters counters, LimitWarning warning) {
    this.limit = limit;
    this.counters = counters;
    this.warning = warning;
  }

  /** Sets the limit. Connections above it stay until they end. */
  void limit(ConnectionLimit value) {
    limit = value;
    if (waiting.get() != 0) {
      entrances.forEach(Entrance::wake);
    }
  }

  Counters counters() {
    return counters;
  }

  /** Includes the idle clients of a loop when making room. */
  void add(LoopClients loop) {
    loops.add(loop);
  }

  void add(Entrance entrance) {
    entrances.add(entrance);
  }

  void remove(Entrance entrance) {
    entrances.remove(entrance);
  }

  /** Takes a place. Returns false when there is none. */
  boolean enter(int units) {
    long more = CONNECTION + units;
    ConnectionLimit limit = this.limit;
    while (true) {
      long before = taken.get();
      if (before / CONNECTION >= limit.connections()
          || (before % CONNECTION) + units > limit.units()) {
        return false;
      }
      if (taken.compareAndSet(before, before + more)) {
        return true;
      }
    }
  }

  /** Releases a place. */
  void leave(int units) {
    taken.addAndGet(-CONNECTION - units);
    if (waiting.get() != 0) {
      entrances.forEach(Entrance::wake);
    }
  }

  /** Called when a listener has a client that cannot enter. */
  void beginWaiting() {
    waiting.incrementAndGet();
  }

  void endWaiting() {
    waiting.decrementAndGet();
  }

  /** Returns whether connections should end as soon as they can. */
  boolean isRoomWanted() {
    return waiting.get() != 0;
  }

  /**
   * Has one more connection closed than are being closed already: the one that has been idle
   * longest. Event loops are asked in the order of their longest idle time at the last tick. If
   * none has an idle connection, the next one that becomes idle is closed.
   */
  void makeRoom() {
    needed.incrementAndGet();
    List<LoopClients> oldestFirst =
        loops.stream()
            .sorted(Comparator.comparingInt(LoopClients::idleSeconds).reversed())
            .toList();
    makeRoom(oldestFirst, 0);
  }

  private void makeRoom(List<LoopClients> order, int index) {
    if (index == order.size() || !needsEviction()) {
      return;
    }
    LoopClients next = order.get(index);
    if (next.loop().isShuttingDown()) {
      return;
    }
    next.loop()
        .execute(
            () -> {
              if (!next.closeOldestIdle()) {
                makeRoom(order, index + 1);
              }
            });
  }

  /** Called when a place is no longer needed. */
  void roomMade() {
    needed.decrementAndGet();
  }

  /**
   * Returns whether an idle connection should be closed, because fewer are being closed than places
   * are needed.
   */
  boolean needsEviction() {
    return waiting.get() != 0 && evicting.get() < needed.get();
  }

  /** Reserves closing a connection; returns false when no more need to be closed. */
  boolean beginEviction() {
    while (true) {
      int before = evicting.get();
      if (before >= needed.get()) {
        return false;
      }
      if (evicting.compareAndSet(before, before + 1)) {
        counters.evicted.increment();
        return true;
      }
    }
  }

  /** Called when the connection was closed or received another request. */
  void endEviction() {
    evicting.decrementAndGet();
  }

  void limitReached() {
    warning.warn(
        () ->
            "no room for another client beside "
                + taken.get() / CONNECTION
                + ": idle ones are closed, and while there are none, others wait (expected: fewer"
                + " clients, a larger heap, a higher limit of open files, or more for"
                + " gateway.limits.connections)");
  }

  void acceptFailed(String reason) {
    warning.warn(() -> "no client can be accepted: " + reason + "; trying again");
  }
}
