package io.upstream4j.core.connect;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The few threads that do what blocks and so must not run on an event loop: looking up host names
 * with the JDK, and reading trust stores. They end when there is nothing to do.
 */
final class Resolver implements Executor {
  private static final int THREADS = 4;

  /** Looks a name up; blocks. */
  interface Names {
    InetAddress[] find(String host) throws UnknownHostException;
  }

  private final Names names;
  private final AtomicInteger made = new AtomicInteger();
  private final ThreadPoolExecutor threads =
      new ThreadPoolExecutor(
          THREADS, THREADS, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), this::thread);

  Resolver(Names names) {
    this.names = names;
    threads.allowCoreThreadTimeOut(true);
  }

  /** All addresses of a name, in the order the system prefers; at least one. Blocks. */
  List<InetAddress> find(String host) throws UnknownHostException {
    return List.of(names.find(host));
  }

  private Thread thread(Runnable task) {
    Thread thread = new Thread(task, "upstream4j-resolve-" + made.incrementAndGet());
    thread.setDaemon(true);
    return thread;
  }

  @Override
  public void execute(Runnable task) {
    threads.execute(task);
  }

  /** Ends the threads; a look-up under way is interrupted and waited for, but not for ever. */
  void close() {
    threads.shutdownNow();
    boolean interrupted = false;
    try {
      threads.awaitTermination(5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
