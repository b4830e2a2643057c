package io.upstream4j.core.connect;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The requests that wait for a connection to one peer, first come first served. Any thread. */
final class WaitingLine {
  private final int limit;
  private final AtomicInteger counted = new AtomicInteger();
  private final Queue<Acquisition> line = new ConcurrentLinkedQueue<>();

  WaitingLine(int limit) {
    this.limit = limit;
  }

  /** Counts a request in, before it joins; false when the line is full. */
  boolean enter() {
    while (true) {
      int before = counted.get();
      if (before >= limit) {
        return false;
      }
      if (counted.compareAndSet(before, before + 1)) {
        return true;
      }
    }
  }

  void join(Acquisition request) {
    line.add(request);
  }

  /** The next request that nobody else serves, out of the line. */
  @Nullable Acquisition next() {
    for (Acquisition next = line.poll(); next != null; next = line.poll()) {
      if (next.claim()) {
        counted.decrementAndGet();
        return next;
      }
    }
    return null;
  }

  /** A request that entered will not be served: it was claimed for that, or never joined. */
  void leave(Acquisition request) {
    counted.decrementAndGet();
    line.remove(request);
  }

  /** How many have entered; a request is counted here before it can be taken from the line. */
  int size() {
    return counted.get();
  }

  /** Whether nobody has joined whom {@link #next} could find. */
  boolean isEmpty() {
    return line.isEmpty();
  }
}
