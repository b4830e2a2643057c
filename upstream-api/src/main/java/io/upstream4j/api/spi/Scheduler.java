package io.upstream4j.api.spi;

import java.time.Duration;
import java.util.concurrent.Executor;

/**
 * A monotonic clock and an executor of serial tasks, immediate or delayed. Thread-safe; tasks must
 * not block. Tests replace it with one whose clock they advance.
 */
public interface Scheduler extends Executor {
  /**
   * Returns nanoseconds since an arbitrary origin. Only differences are meaningful, as with {@link
   * System#nanoTime}.
   */
  long nanoTime();

  /** Runs a task after all tasks that were submitted before it. */
  @Override
  void execute(Runnable task);

  /**
   * Runs a task once after a delay.
   *
   * @param delay the time from now; not negative
   * @param task must not block
   */
  Task schedule(Duration delay, Runnable task);

  /** A scheduled task. */
  @FunctionalInterface
  interface Task {
    /** Prevents the task from running if it has not started. Further calls have no effect. */
    void cancel();
  }
}
