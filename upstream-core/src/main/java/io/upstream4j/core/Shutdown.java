package io.upstream4j.core;

import static java.util.concurrent.TimeUnit.NANOSECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

import io.upstream4j.core.connect.Connector;
import io.upstream4j.core.runtime.ControlLoop;
import io.upstream4j.core.runtime.OpenSends;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.Lock;

/**
 * The end of {@link Upstreams}, in order. Each step has a limit, so that neither a program's code
 * on an event loop nor a plug-in holds the caller up; what does not end is left to its daemon
 * thread. For any thread that may block.
 */
final class Shutdown {
  /** What it takes at most beyond the grace: 10 s of the connector, and five steps. */
  static final int MOST_SECONDS = 35;

  private static final Duration STEP = Duration.ofSeconds(5);

  private final OpenSends sendings;
  private final Lock changing;
  private final ControlLoop loop;
  private final UpstreamSet set;
  private final Connector connector;
  private final Runnable endThreads;
  private final CompletableFuture<Void> begun = new CompletableFuture<>();
  private final CountDownLatch ended = new CountDownLatch(1);

  /**
   * @param changing held while the configuration changes
   * @param endThreads ends what no step needs any more, within its own limit
   */
  Shutdown(
      OpenSends sendings,
      Lock changing,
      ControlLoop loop,
      UpstreamSet set,
      Connector connector,
      Runnable endThreads) {
    this.sendings = sendings;
    this.changing = changing;
    this.loop = loop;
    this.set = set;
    this.connector = connector;
    this.endThreads = endThreads;
  }

  /** Whether it has begun. */
  boolean isBegun() {
    return begun.isDone();
  }

  /** Done when it begins: what waits for plug-ins then goes on without them. */
  CompletableFuture<Void> begun() {
    return begun;
  }

  /** Has something done when it begins. */
  @SuppressWarnings("FutureReturnValueIgnored") // the action does not fail
  void onBegin(Runnable action) {
    begun.thenRun(action);
  }

  /** Ends everything; a second call waits for the first one's end. */
  void run(Duration grace) {
    boolean interrupted = false;
    if (begun.complete(null)) {
      long end = System.nanoTime() + grace.toNanos();
      try {
        interrupted = sendings.close(grace);
        interrupted |= awaitChange();
        loop.await(set::close, STEP);
        connector.close(Duration.ofNanos(Math.max(0, end - System.nanoTime())));
        loop.await(() -> {}, STEP); // what was given while upstreams were at work is done
      } finally {
        sendings.abandon();
        loop.close(System.nanoTime() + STEP.toNanos());
        endThreads.run();
        ended.countDown();
      }
    } else {
      interrupted = awaitOther(grace);
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Lets a change of the configuration end, unless a plug-in holds it up. No other begins. */
  private boolean awaitChange() {
    try {
      if (changing.tryLock(STEP.toNanos(), NANOSECONDS)) {
        changing.unlock();
      }
      return false;
    } catch (InterruptedException e) {
      return true;
    }
  }

  private boolean awaitOther(Duration grace) {
    try {
      ended.await(grace.toNanos() + SECONDS.toNanos(MOST_SECONDS), NANOSECONDS);
      return false;
    } catch (InterruptedException e) {
      return true;
    }
  }
}
