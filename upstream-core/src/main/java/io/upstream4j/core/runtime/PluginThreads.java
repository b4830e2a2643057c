package io.upstream4j.core.runtime;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The threads that plug-ins run on which are not part of this library: daemons, gone when idle. A
 * thread that a plug-in does not give back is replaced, within bounds, so that the others do not
 * wait for it. Safe for use by any thread.
 */
public final class PluginThreads {
  private static final int THREADS = 128;
  private static final int MOST_REPLACED = 4_096;
  private static final long IDLE_SECONDS = 10;

  private final ThreadPoolExecutor executor =
      new ThreadPoolExecutor(
          THREADS,
          THREADS,
          IDLE_SECONDS,
          TimeUnit.SECONDS,
          new LinkedBlockingQueue<>(), // of lanes, of which there are a few for each upstream
          task -> {
            Thread made = new Thread(task, "upstream4j-plugin-idle");
            made.setDaemon(true);
            return made;
          },
          new ThreadPoolExecutor.DiscardPolicy());

  private int lost;

  public PluginThreads() {
    executor.allowCoreThreadTimeOut(true);
  }

  void execute(Runnable task) {
    executor.execute(task);
  }

  /** A thread does not come back for now. */
  synchronized void lost() {
    lost++;
    resize();
  }

  /** A thread came back that was lost. */
  synchronized void returned() {
    lost--;
    resize();
  }

  private void resize() {
    int size = THREADS + Math.min(lost, MOST_REPLACED);
    if (size > executor.getCorePoolSize()) {
      executor.setMaximumPoolSize(size);
      executor.setCorePoolSize(size);
    } else {
      executor.setCorePoolSize(size);
      executor.setMaximumPoolSize(size);
    }
  }

  /**
   * Interrupts what runs and drops what waits; then waits for threads to end, for a moment only, as
   * plug-ins may hold them.
   */
  public void close(long millis) {
    executor.shutdownNow();
    try {
      if (!executor.awaitTermination(millis, TimeUnit.MILLISECONDS)) {
        return; // they are daemons
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
