package io.upstream4j.core.connect;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many connections a pool may still open. A place is taken before a connection is opened, and
 * given back when it is closed or could not be opened. Any thread.
 */
final class ConnectionSlots {
  /** The answer to who wants one. */
  enum Answer {
    TAKEN,
    NONE_LEFT,
    /** The pool has ended. */
    ENDED
  }

  private static final int END = Integer.MIN_VALUE;

  private final int limit;
  private final AtomicInteger taken = new AtomicInteger();

  ConnectionSlots(int limit) {
    this.limit = limit;
  }

  Answer take() {
    while (true) {
      int before = taken.get();
      if (before < 0) {
        return Answer.ENDED;
      }
      if (before >= limit) {
        return Answer.NONE_LEFT;
      }
      if (taken.compareAndSet(before, before + 1)) {
        return Answer.TAKEN;
      }
    }
  }

  void giveBack() {
    taken.decrementAndGet();
  }

  /** Ends the pool, for ever, if no place is taken. True for one caller. */
  boolean endIfUnused() {
    return taken.compareAndSet(0, END);
  }
}
