package io.upstream4j.core;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Makes and ends the threads beside the control loop: all daemons, gone when idle. */
final class Threads {
  private static final int BLOCKING = 16;
  private static final long IDLE_SECONDS = 10;
  private static final long JOIN_SECONDS = 10;

  private Threads() {}

  /** For calls that block: look-ups, file reads. Bounded, so a slow source cannot pile up. */
  static ExecutorService blocking() {
    AtomicInteger number = new AtomicInteger();
    return executor(
        BLOCKING, task -> new Thread(task, "upstream4j-blocking-" + number.incrementAndGet()));
  }

  /** One task after another. */
  static ExecutorService serial(String name) {
    return executor(1, task -> new Thread(task, name));
  }

  private static ExecutorService executor(int threads, ThreadFactory factory) {
    ThreadPoolExecutor executor =
        new ThreadPoolExecutor(
            threads,
            threads,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> {
              Thread thread = factory.newThread(task);
              thread.setDaemon(true);
              return thread;
            },
            new ThreadPoolExecutor.DiscardPolicy());
    executor.allowCoreThreadTimeOut(true);
    return executor;
  }

  /** Waits for the threads of an executor that was shut down. */
  static void join(ExecutorService executor) {
    boolean interrupted = false;
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(JOIN_SECONDS);
    while (!executor.isTerminated() && System.nanoTime() - end < 0) {
      try {
        if (executor.awaitTermination(end - System.nanoTime(), TimeUnit.NANOSECONDS)) {
          break;
        }
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
