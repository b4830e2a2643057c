package io.upstream4j.testkit;

import io.upstream4j.api.spi.Scheduler;
import java.time.Duration;
import java.util.Comparator;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * A scheduler whose clock a test advances. Tasks run in the thread that advances it, ordered by due
 * time and then by submission.
 *
 * <p>Any thread may submit tasks; only one may advance the clock.
 */
public final class FakeScheduler implements Scheduler {
  private record Due(long nanos, long order, Runnable task) {}

  private final PriorityQueue<Due> queue =
      new PriorityQueue<>(Comparator.comparingLong(Due::nanos).thenComparingLong(Due::order));
  private long now;
  private long submitted;

  /** Creates a scheduler whose clock is at 0. */
  public FakeScheduler() {}

  @Override
  public synchronized long nanoTime() {
    return now;
  }

  /** Queues a task, which {@link #runReady} or {@link #advance} runs. */
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

  /** Runs the tasks that are due now, including those that they add. */
  public void runReady() {
    advance(Duration.ZERO);
  }

  /** Advances the clock and runs each task at its due time. */
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

  /** Returns the number of queued tasks. */
  public synchronized int pending() {
    return queue.size();
  }
}
