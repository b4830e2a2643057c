package io.upstream4j.core.runtime;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads beside the control loop: daemons, a bounded number, gone when idle. Tasks wait their
 * turn; after {@link #shutdown} new ones are dropped. Safe for use by any thread.
 */
public final class Workers implements Executor {
  private static final int BLOCKING = 16;
  private static final long IDLE_SECONDS = 10;

  private final ThreadPoolExecutor executor;
  private final Set<Thread> alive = ConcurrentHashMap.newKeySet();

  private Workers(int threads, ThreadNames names) {
    executor =
        new ThreadPoolExecutor(
            threads,
            threads,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> newThread(task, names.next()),
            new ThreadPoolExecutor.DiscardPolicy());
    executor.allowCoreThreadTimeOut(true);
  }

  private interface ThreadNames {
    String next();
  }

  /** For calls that block: look-ups, file reads. Bounded, so a slow source cannot pile up. */
  public static Workers blocking() {
    AtomicInteger number = new AtomicInteger();
    return new Workers(BLOCKING, () -> "upstream4j-blocking-" + number.incrementAndGet());
  }

  /** A thread for each listener of events, so that none waits for another. */
  public static Workers events(int listeners) {
    AtomicInteger number = new AtomicInteger();
    return new Workers(
        Math.max(1, listeners), () -> "upstream4j-events-" + number.incrementAndGet());
  }

  private Thread newThread(Runnable task, String name) {
    alive.removeIf(thread -> thread.getState() == Thread.State.TERMINATED);
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    alive.add(thread);
    return thread;
  }

  @Override
  public void execute(Runnable task) {
    executor.execute(task);
  }

  /** Ends the threads when what waits is done. */
  public void shutdown() {
    executor.shutdown();
  }

  /** Interrupts what runs and drops what waits. */
  public void shutdownNow() {
    executor.shutdownNow();
  }

  /**
   * Waits for the threads after a shutdown, but for the calling one if it is among them.
   *
   * @param end of the waiting, of {@link System#nanoTime}
   */
  public void join(long end) {
    for (Thread thread : alive) {
      join(thread, end);
    }
  }

  /**
   * Waits for a thread that is about to end; not without limit, as a plug-in may hold it up.
   *
   * @param end of the waiting, of {@link System#nanoTime}
   */
  public static void join(Thread thread, long end) {
    if (thread.equals(Thread.currentThread())) {
      return;
    }
    boolean interrupted = false;
    long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
    while (left > 0 && thread.isAlive()) {
      try {
        thread.join(left);
      } catch (InterruptedException e) {
        interrupted = true; // the caller hears of it when this is done
      }
      left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
