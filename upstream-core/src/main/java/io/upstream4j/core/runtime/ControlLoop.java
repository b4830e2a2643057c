package io.upstream4j.core.runtime;

import io.upstream4j.api.spi.Scheduler;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
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
public final class ControlLoop implements Scheduler, AutoCloseable {
  static final String THREAD = "upstream4j-control";
  private static final Logger LOG = System.getLogger(ControlLoop.class.getName());

  private final ScheduledThreadPoolExecutor executor;

  /** Steps that somebody waits for; at most one for each thread that does. */
  private final Set<CompletableFuture<?>> awaited = ConcurrentHashMap.newKeySet();

  private volatile @Nullable Thread thread;

  public ControlLoop() {
    executor =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread made = new ControlThread(task);
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
  public void await(Runnable step) {
    await(
        () -> {
          step.run();
          return true;
        });
  }

  /**
   * Runs a step on the loop and waits for it. What it throws is thrown here.
   *
   * @throws IllegalStateException when the loop is closed before the step was run
   */
  public <T> T await(Supplier<T> step) {
    return await(begin(step));
  }

  /** Runs a step on the loop and waits that long for it; returns whether it ended by then. */
  public boolean await(Runnable step, Duration limit) {
    CompletableFuture<Boolean> done =
        this.<Boolean>begin(
                () -> {
                  step.run();
                  return true;
                })
            .completeOnTimeout(false, limit.toNanos(), TimeUnit.NANOSECONDS);
    return await(done);
  }

  private <T> CompletableFuture<T> begin(Supplier<T> step) {
    CompletableFuture<T> done = new CompletableFuture<>();
    awaited.add(done);
    execute(
        () -> {
          try {
            done.complete(step.get());
          } catch (Throwable t) {
            done.completeExceptionally(t);
          }
        });
    if (executor.isShutdown()) { // and may have dropped it
      failAwaited();
    }
    return done;
  }

  private void failAwaited() {
    awaited.forEach(step -> step.completeExceptionally(new IllegalStateException("closed")));
  }

  @SuppressWarnings("CollectionUndefinedEquality") // the very future
  private <T> T await(CompletableFuture<T> done) {
    try {
      requireOffLoop("a call that waits for it");
      return done.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    } finally {
      awaited.remove(done);
    }
  }

  /**
   * Refuses to go on when the calling thread is a control loop, of whichever upstreams.
   *
   * @param call what would block it
   */
  static void requireOffLoop(String call) {
    if (Thread.currentThread() instanceof ControlThread) {
      throw new IllegalStateException(
          call
              + " on the control loop, which must not block (expected: a call from another thread,"
              + " or a step that follows without waiting, such as thenCompose or thenApplyAsync)");
    }
  }

  /** As {@link #close(long)}, with ten seconds. */
  @Override
  public void close() {
    close(System.nanoTime() + TimeUnit.SECONDS.toNanos(10));
  }

  /**
   * Drops what has not begun, interrupts what has and waits for it; who waits for a step is told.
   *
   * @param end of the waiting, of {@link System#nanoTime}
   */
  public void close(long end) {
    executor.shutdownNow();
    Thread last = thread;
    if (last != null) {
      Workers.join(last, end);
    }
    failAwaited();
  }

  private static final class ControlThread extends Thread {
    ControlThread(Runnable task) {
      super(task, THREAD);
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
