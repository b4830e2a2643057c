package io.upstream4j.api.spi;

import java.time.Duration;
import java.util.concurrent.Executor;

/**
 * Monotonic time, and tasks that run one after another, now or later. Safe for use by any thread;
 * tasks must not block. Tests use a scheduler whose time they move themselves.
 */
public interface Scheduler extends Executor {
  /** Nanoseconds from an arbitrary origin, comparable by difference as {@link System#nanoTime}. */
  long nanoTime();

  /** Runs a task soon, after those that were given before. */
  @Override
  void execute(Runnable task);

  /**
   * Runs a task once.
   *
   * @param delay from now; not negative
   * @param task must not block
   */
  Task schedule(Duration delay, Runnable task);

  /** A task that may not have run yet. */
  @FunctionalInterface
  interface Task {
    /** Keeps the task from running if it has not begun. May be called again, without effect. */
    void cancel();
  }
}
