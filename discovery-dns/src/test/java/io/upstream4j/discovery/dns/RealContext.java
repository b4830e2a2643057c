package io.upstream4j.discovery.dns;

import io.upstream4j.api.spi.PluginContext;
import io.upstream4j.api.spi.ProbeClient;
import io.upstream4j.api.spi.Scheduler;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** A context with real time and threads. */
final class RealContext implements PluginContext, AutoCloseable {
  private final ScheduledExecutorService loop = Executors.newSingleThreadScheduledExecutor();
  private final ExecutorService blocking = Executors.newCachedThreadPool();

  @Override
  public String upstream() {
    return "test";
  }

  @Override
  public int defaultPort() {
    return 80;
  }

  @Override
  public Scheduler scheduler() {
    return new Scheduler() {
      @Override
      public long nanoTime() {
        return System.nanoTime();
      }

      @Override
      public void execute(Runnable task) {
        loop.execute(task);
      }

      @Override
      public Task schedule(Duration delay, Runnable task) {
        Future<?> future = loop.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
        return () -> future.cancel(false);
      }
    };
  }

  @Override
  public Executor blocking() {
    return blocking;
  }

  @Override
  public ProbeClient probes() {
    throw new UnsupportedOperationException("a discovery does not probe");
  }

  @Override
  public void close() {
    loop.shutdownNow();
    blocking.shutdownNow();
  }
}
