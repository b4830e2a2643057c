package io.upstream4j.testkit;

import io.upstream4j.api.spi.Scheduler;
import java.time.Duration;
import java.util.Comparator;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Time that stands still until a test moves it. Tasks run in the thread that moves it, in the order
 * of their due times, and of their submission where those are equal.
 *
 * <p>Any thread may submit tasks; one thread moves the time.
 */
public final class FakeScheduler implements Scheduler {
  private record Due(long nanos, long order, Runnable task) {}

  private final PriorityQueue<Due> queue =
      new PriorityQueue<>(Comparator.comparingLong(Due::nanos).thenComparingLong(Due::order));
  private long now;
  private long submitted;

  /** Creates a scheduler whose time is 0. */
  public FakeScheduler() {}

  @Override
  public synchronized long nanoTime() {
    return now;
  }

  /** Queues a task; {@link #runReady} or {@link #advance} runs it. */
  @Override
  public void execute(Runnable task) {
    schedule(Duration.ZERO, task);
  }

  @Override
  public synchronized Task schedule(Duration delay, Runnable task) {
    if (delay.isNegative()) {
      throw new IllegalArgumentException("delay: " + delay + " (expected: not negative)");
    }
    Due due = new Due(now + delay.toNanos(), submitted++, task);
    queue.add(due);
    return () -> {
      synchronized (this) {
        queue.remove(due);
      }
    };
  }

  /** Runs what is due now, and what that adds for now. */
  public void runReady() {
    advance(Duration.ZERO);
  }

  /** Moves the time, running on the way each task at its due time. */
  public void advance(Duration step) {
    long target = nanoTime() + step.toNanos();
    for (Due due = takeUntil(target); due != null; due = takeUntil(target)) {
      due.task().run();
    }
    synchronized (this) {
      now = target;
    }
  }

  private synchronized @Nullable Due takeUntil(long target) {
    Due due = queue.peek();
    if (due == null || due.nanos() > target) {
      return null;
    }
    queue.remove();
    now = Math.max(now, due.nanos());
    return due;
  }

  /** How many tasks have not run yet. */
  public synchronized int pending() {
    return queue.size();
  }
}
