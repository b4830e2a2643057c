package io.upstream4j.core;

import io.upstream4j.api.spi.Scheduler;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The one thread that changes the state of upstreams: what runs here needs no locks, and must not
 * block. Tasks given by any thread run one after another; what they throw is logged, so that one
 * plug-in's mistake does not end the others' timers. After {@link #close} tasks are dropped.
 */
final class ControlLoop implements Scheduler, AutoCloseable {
  static final String THREAD = "upstream4j-control";
  private static final Logger LOG = System.getLogger(ControlLoop.class.getName());

  private final ScheduledThreadPoolExecutor executor;
  private volatile @Nullable Thread thread;

  ControlLoop() {
    executor =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread made = new Thread(task, THREAD);
              made.setDaemon(true);
              thread = made;
              return made;
            },
            new ThreadPoolExecutor.DiscardPolicy());
    executor.setRemoveOnCancelPolicy(true);
    executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public void execute(Runnable task) {
    executor.execute(logged(task));
  }

  @Override
  public Task schedule(Duration delay, Runnable task) {
    ScheduledFuture<?> future =
        executor.schedule(logged(task), delay.toNanos(), TimeUnit.NANOSECONDS);
    return () -> future.cancel(false);
  }

  /** As {@link #await(Supplier)}. */
  void await(Runnable step) {
    await(
        () -> {
          step.run();
          return true;
        });
  }

  /** Runs a step on the loop and waits for it. What it throws is thrown here. */
  <T> T await(Supplier<T> step) {
    requireOffLoop();
    CompletableFuture<T> done = new CompletableFuture<>();
    execute(
        () -> {
          try {
            done.complete(step.get());
          } catch (Throwable t) {
            done.completeExceptionally(t);
          }
        });
    try {
      return done.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }

  /** Called by what waits for the loop. */
  void requireOffLoop() {
    if (Thread.currentThread().equals(thread)) {
      throw new IllegalStateException("called by a task of the control loop, which must not block");
    }
  }

  /** Drops what has not begun, and waits for what has. */
  @Override
  public void close() {
    executor.shutdownNow();
    Thread last = thread;
    if (last != null) {
      Workers.join(last);
    }
  }

  private static Runnable logged(Runnable task) {
    return () -> {
      try {
        task.run();
      } catch (Throwable e) { // also what other languages throw: the next tasks must run
        LOG.log(Level.ERROR, "a task of the control loop failed", e);
      }
    };
  }
}
