package io.upstream4j.core.connect.memory;

import static java.util.Objects.requireNonNull;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * What one client connection, or one stream of it, makes a proxy hold in memory, in bytes; part of
 * a {@link MemoryBudget}. Safe for use by any thread.
 */
public final class MemoryAccount {
  /** Gives up memory. */
  @FunctionalInterface
  public interface Holder {
    /**
     * Frees at least half of what the account holds, soon, and then calls {@link
     * MemoryAccount#shedEnded}. Called by any thread, which may be one that is in the middle of
     * charging this account: an implementation does the work in a task of its own event loop.
     */
    void shed();
  }

  private static final long CLOSED = Long.MIN_VALUE;
  private static final VarHandle USED;
  private static final VarHandle SHEDDING;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      USED = lookup.findVarHandle(MemoryAccount.class, "used", long.class);
      SHEDDING = lookup.findVarHandle(MemoryAccount.class, "shedding", boolean.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final MemoryBudget budget;
  private final @Nullable MemoryAccount parent;
  private final @Nullable Holder holder;
  private volatile long used;
  private volatile boolean shedding;
  private volatile boolean relieving;

  MemoryAccount(MemoryBudget budget, @Nullable MemoryAccount parent, @Nullable Holder holder) {
    this.budget = budget;
    this.parent = parent;
    this.holder = holder;
  }

  /** Opens the account of a part, such as a stream of a connection, which counts here, too. */
  public MemoryAccount part() {
    return new MemoryAccount(budget, this, null);
  }

  /**
   * Notes that more is held, or less. Without effect once this is closed.
   *
   * @param bytes the change; below zero for less
   */
  public void add(long bytes) {
    long before;
    do {
      before = used;
      if (before == CLOSED) {
        return;
      }
    } while (!USED.compareAndSet(this, before, before + bytes));
    passOn(before, before + bytes);
  }

  private void passOn(long before, long after) {
    MemoryAccount whole = parent;
    if (whole == null) {
      budget.changed(this, before, after);
    } else {
      whole.add(after - before);
    }
  }

  /**
   * Whether one more request may begin: not while the holder is to give up others, nor while all
   * accounts together hold too much and this one is among those that are counted.
   */
  public boolean mayBegin() {
    return !shedding && (used <= MemoryBudget.FREE_BYTES || !budget.isExceeded());
  }

  /** What is held now. */
  public long used() {
    return Math.max(0, used);
  }

  /** Nothing is held any more; what is charged from now on is not counted. */
  public void close() {
    long before = (long) USED.getAndSet(this, CLOSED);
    if (before != CLOSED) {
      passOn(before, 0);
    }
  }

  Holder holder() {
    return requireNonNull(holder, "holder");
  }

  boolean isShedding() {
    return shedding;
  }

  /** Whether it is the caller who asks the holder. */
  boolean beginShedding() {
    return SHEDDING.compareAndSet(this, false, true);
  }

  /** It is the sum of all accounts that makes this one give up memory. */
  void relieves() {
    relieving = true;
  }

  /** The holder has given up what it could. */
  public void shedEnded() {
    boolean forAll = relieving;
    relieving = false;
    shedding = false;
    if (forAll) {
      budget.relieved();
    }
  }
}
