package io.upstream4j.distribution.admin;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * What all connections to the admin address may have together. Thread-safe.
 *
 * <p>A connection takes what it is sent and was not read yet ({@link Admin#MAX_UNSENT_BYTES} and
 * one piece, or one answer that names problems: 600 KB at most), and the heads of what it sent
 * ahead: those in 64 KiB, {@link Admin#MAX_PIPELINED} at most, some 200 KB. So all together take
 * less than 50 MB, and the bodies 8 MiB.
 */
final class AdminLimits {
  /** How many connections are served at a time. */
  static final int MAX_CONNECTIONS = 64;

  /** How many are told at a time that there are too many; others are closed without a word. */
  static final int MAX_TURNED_AWAY = 64;

  /** What bodies of requests take together until they are answered. */
  static final int MAX_BODIES_BYTES = 8 << 20;

  private final AtomicInteger served = new AtomicInteger();
  private final AtomicInteger turnedAway = new AtomicInteger();
  private final AtomicLong bodies = new AtomicLong();
  private final LongAdder refused = new LongAdder();

  /** Whether another connection is served; then {@link #end} is called at its end. */
  boolean serve() {
    return enter(served, MAX_CONNECTIONS);
  }

  void end() {
    served.decrementAndGet();
  }

  /** Whether a connection that is not served is told so; then {@link #endTelling} is called. */
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

  /** Connections that were not served. */
  long refused() {
    return refused.sum();
  }

  /** Whether there is room for so much of a body; then it is given back later. */
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
