package io.upstream4j.distribution.gateway;

import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts the clients that are connected, and makes room for others. Any thread.
 *
 * <p>A listener at which a client waits ({@link Entrance}) counts itself in, <em>then</em> tries to
 * enter once more; a connection that ends gives its place back, <em>then</em> looks whether any
 * listener waits. Both are volatile, so at least one of the two sees the other.
 */
final class Admission {
  private static final long CONNECTION = 1L << 32; // beside the units in the lower half

  private final Counters counters;
  private final List<LoopClients> loops = new CopyOnWriteArrayList<>();
  private final LimitWarning warning;
  private final AtomicLong taken = new AtomicLong();
  private final AtomicInteger waiting = new AtomicInteger(); // listeners
  private final AtomicInteger needed = new AtomicInteger(); // places, of these
  private final AtomicInteger evicting = new AtomicInteger(); // connections, for these
  private final List<Entrance> entrances = new CopyOnWriteArrayList<>();
  private volatile ConnectionLimit limit;

  /** Creates it with nobody connected. */
  Admission(ConnectionLimit limit, Counters counters, LimitWarning warning) {
    this.limit = limit;
    this.counters = counters;
    this.warning = warning;
  }

  /** Sets how many may be connected from now on; those above it stay until they end. */
  void limit(ConnectionLimit value) {
    limit = value;
    if (waiting.get() != 0) {
      entrances.forEach(Entrance::wake);
    }
  }

  Counters counters() {
    return counters;
  }

  /** Has idle clients of a loop make room, too. */
  void add(LoopClients loop) {
    loops.add(loop);
  }

  void add(Entrance entrance) {
    entrances.add(entrance);
  }

  void remove(Entrance entrance) {
    entrances.remove(entrance);
  }

  /** Takes a place, if there is one. */
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

  /** Gives a place back. */
  void leave(int units) {
    taken.addAndGet(-CONNECTION - units);
    if (waiting.get() != 0) {
      entrances.forEach(Entrance::wake);
    }
  }

  /** A listener has clients that cannot enter. */
  void beginWaiting() {
    waiting.incrementAndGet();
  }

  void endWaiting() {
    waiting.decrementAndGet();
  }

  /** Whether connections are wanted that end as soon as they may. */
  boolean isRoomWanted() {
    return waiting.get() != 0;
  }

  /**
   * Has one more connection closed than are being closed already: that which was idle longest, of
   * the event loop whose oldest idle one is the oldest by its last count; if it has none any more,
   * of the next; and if none has, the next that becomes idle.
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

  /** A place that was needed is so no more. */
  void roomMade() {
    needed.decrementAndGet();
  }

  /** Whether an idle connection is to be closed: fewer are being closed than are waited for. */
  boolean needsEviction() {
    return waiting.get() != 0 && evicting.get() < needed.get();
  }

  /** Takes it on to close one; false when no more are to be closed. */
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

  /** The connection was closed, or has a request again. */
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
