package io.upstream4j.testkit;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Queues tasks until a test runs them in its own thread. Thread-safe. */
public final class FakeExecutor implements Executor {
  private final Queue<Runnable> tasks = new ArrayDeque<>();

  /** Creates an executor without tasks. */
  public FakeExecutor() {}

  @Override
  public synchronized void execute(Runnable task) {
    tasks.add(task);
  }

  /** Runs all queued tasks, including those that they add. */
  public void runReady() {
    for (Runnable task = next(); task != null; task = next()) {
      task.run();
    }
  }

  /** Returns the number of queued tasks. */
  public synchronized int pending() {
    return tasks.size();
  }

  private synchronized @Nullable Runnable next() {
    return tasks.poll();
  }
}
