package io.upstream4j.core.connect.memory;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Bounds the bytes that a proxy holds for slow peers, over all connections: request heads in
 * flight, bodies and responses that wait for a peer to take them. Safe for use by any thread.
 *
 * <h2>How it works</h2>
 *
 * <p>Each client connection opens a {@link MemoryAccount} and charges it for what it holds, the
 * objects around the bytes included. The first {@link #FREE_BYTES} of an account are free: a number
 * of connections is limited elsewhere, and requests of the usual size then touch nothing that
 * threads share. What is above counts towards the limit. When the sum exceeds it, the account that
 * holds the most is asked to give up half of what it has, then the next, until the sum is below the
 * limit again. A client that holds little is therefore never the one that pays.
 *
 * <p>An account that exceeds {@link #accountLimit} alone is asked as well, whatever the sum is.
 */
public final class MemoryBudget {
  /** What each account may hold without being counted. */
  public static final int FREE_BYTES = 16 * 1024;

  private static final int LEAST_BYTES = 8 * 1024 * 1024;
  private static final int HEAP_SHARE = 6;
  private static final int ACCOUNT_SHARE = 4;

  private final AtomicLong used = new AtomicLong();
  private final LongAdder shed = new LongAdder();
  private final AtomicBoolean relieving = new AtomicBoolean();
  // Those above FREE_BYTES. At most used / 1 of them: bounded by the limit itself.
  private final Set<MemoryAccount> counted = ConcurrentHashMap.newKeySet();
  private volatile long limit = defaultLimit();

  public MemoryBudget() {}

  /** A sixth of the largest heap, and at least 8 MiB. */
  public static long defaultLimit() {
    return Math.max(LEAST_BYTES, Runtime.getRuntime().maxMemory() / HEAP_SHARE);
  }

  /** How many bytes may be held, beyond the free ones of each account. */
  public long limit() {
    return limit;
  }

  /**
   * Sets the limit, for what is charged from now on.
   *
   * @param bytes from 1 MiB
   */
  public void limit(long bytes) {
    if (bytes < 1 << 20) {
      throw new IllegalArgumentException("memory: " + bytes + " (expected: from 1048576 bytes)");
    }
    limit = bytes;
  }

  /** How many bytes one account may hold: a quarter of the limit. */
  public long accountLimit() {
    return limit / ACCOUNT_SHARE;
  }

  /** How many bytes are held, beyond the free ones of each account. */
  public long used() {
    return used.get();
  }

  boolean isExceeded() {
    return used.get() > limit;
  }

  /** How often an account was asked to give up what it holds. */
  public long shed() {
    return shed.sum();
  }

  /**
   * Opens the account of a connection.
   *
   * @param holder gives up what the account holds when it is asked
   */
  public MemoryAccount open(MemoryAccount.Holder holder) {
    return new MemoryAccount(this, null, holder);
  }

  /** What an account holds has changed. */
  void changed(MemoryAccount account, long before, long after) {
    long over = Math.max(0, after - FREE_BYTES) - Math.max(0, before - FREE_BYTES);
    if (over == 0) {
      return;
    }
    long sum = used.addAndGet(over);
    if (before <= FREE_BYTES || after <= FREE_BYTES) {
      list(account);
    }
    if (over < 0) {
      return;
    }
    if (after > accountLimit()) {
      ask(account);
    } else if (sum > limit) {
      relieve();
    }
  }

  /** Two threads may cross the boundary at once; the later one sees what is. */
  private void list(MemoryAccount account) {
    synchronized (account) {
      if (account.used() > FREE_BYTES) {
        counted.add(account);
      } else {
        counted.remove(account);
      }
    }
  }

  private void ask(MemoryAccount account) {
    if (account.beginShedding()) {
      shed.increment();
      account.holder().shed();
    }
  }

  /** Asks the largest account. One at a time: what the last one gives up may be enough. */
  private void relieve() {
    if (!relieving.compareAndSet(false, true)) {
      return;
    }
    MemoryAccount largest = largest();
    if (largest != null && largest.beginShedding()) {
      largest.relieves();
      shed.increment();
      largest.holder().shed();
    } else {
      relieving.set(false);
    }
  }

  private @Nullable MemoryAccount largest() {
    MemoryAccount largest = null;
    long most = 0;
    for (MemoryAccount each : counted) {
      long held = each.used();
      if (held > most && !each.isShedding()) {
        largest = each;
        most = held;
      }
    }
    return largest;
  }

  /** An account that was asked by {@link #relieve} has given up what it could. */
  void relieved() {
    relieving.set(false);
    if (used.get() > limit) {
      relieve();
    }
  }
}
