package io.upstream4j.testkit;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Keeps its tasks until a test runs them, in its own thread. Safe for use by any thread. */
public final class FakeExecutor implements Executor {
  private final Queue<Runnable> tasks = new ArrayDeque<>();

  /** Creates an executor without tasks. */
  public FakeExecutor() {}

  @Override
  public synchronized void execute(Runnable task) {
    tasks.add(task);
  }

  /** Runs what waits, and what that adds. */
  public void runReady() {
    for (Runnable task = next(); task != null; task = next()) {
      task.run();
    }
  }

  /** How many tasks have not run yet. */
  public synchronized int pending() {
    return tasks.size();
  }

  private synchronized @Nullable Runnable next() {
    return tasks.poll();
  }
}
