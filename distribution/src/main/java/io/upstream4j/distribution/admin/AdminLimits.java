package io.upstream4j.distribution.admin;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * Limits for all connections to the admin address together. Thread-safe.
 *
 * <p>A connection may hold unread data ({@link Admin#MAX_UNSENT_BYTES} plus one piece, or one
 * response with problems of 600 KB at most) and the heads of pipelined requests (those in 64 KiB,
 * {@link Admin#MAX_PIPELINED} at most, about 200 KB). So all connections take less than 50 MB, and
 * bodies 8 MiB.
 */
final class AdminLimits {
  /** The greatest number of connections in service. */
  static final int MAX_CONNECTIONS = 64;

  /**
   * The greatest number of connections that receive a refusal at the same time; others are closed
   * without one.
   */
  static final int MAX_TURNED_AWAY = 64;

  /** The total size of request bodies that are not answered yet. */
  static final int MAX_BODIES_BYTES = 8 << 20;

  private final AtomicInteger served = new AtomicInteger();
  private final AtomicInteger turnedAway = new AtomicInteger();
  private final AtomicLong bodies = new AtomicLong();
  private final LongAdder refused = new LongAdder();

  /** Returns whether a connection is served. If so, call {@link #end} at its end. */
  boolean serve() {
    return enter(served, MAX_CONNECTIONS);
  }

  void end() {
    served.decrementAndGet();
  }

  /**
   * Returns whether a connection that is not served receives a refusal. If so, call {@link
   * #endTelling}.
   */
  boolean turnAway() {
    refused.increment();
    return enter(turnedAway, MAX_TURNED_AWAY);
  }

  void endTelling() {
    turnedAway.decrementAndGet();
  }

  private static boolean enter(AtomicInteger count, int most) {
    if (count.incrementAndGet() > most) {
      count.decrementAndGet();
      return false;
    }
    return true;
  }

  /** Returns the number of connections that were not served. */
  long refused() {
    return refused.sum();
  }

  /** Reserves space for bytes of a body. Returns whether there is any; if so, release it later. */
  boolean take(int bytes) {
    if (bodies.addAndGet(bytes) > MAX_BODIES_BYTES) {
      bodies.addAndGet(-bytes);
      return false;
    }
    return true;
  }

  void giveBack(long bytes) {
    bodies.addAndGet(-bytes);
  }
}
