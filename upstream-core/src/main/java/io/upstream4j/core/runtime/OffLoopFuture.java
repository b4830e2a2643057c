package io.upstream4j.core.runtime;

import io.upstream4j.core.connect.Connector;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A future that event loops and the control loop complete, and so must not wait for: one that did
 * would wait for itself, and nothing it serves would go on. Instead of blocking such a thread,
 * {@link #join} and both ways to {@link #get} throw an {@link IllegalStateException}. The same
 * holds for the futures that follow from this one. Safe for use by any thread.
 */
public final class OffLoopFuture<T> extends CompletableFuture<T> {
  @Override
  public <U> CompletableFuture<U> newIncompleteFuture() {
    return new OffLoopFuture<>();
  }

  @Override
  public T join() {
    requireOffLoop("join()");
    return super.join();
  }

  @Override
  public T get() throws InterruptedException, ExecutionException {
    requireOffLoop("get()");
    return super.get();
  }

  @Override
  public T get(long timeout, TimeUnit unit)
      throws InterruptedException, ExecutionException, TimeoutException {
    requireOffLoop("get()");
    return super.get(timeout, unit);
  }

  private void requireOffLoop(String call) {
    if (!isDone()) {
      requireWaitingAllowed(call);
    }
  }

  /**
   * Refuses to go on when the calling thread is one that must not block.
   *
   * @param call what would block it
   * @throws IllegalStateException with what to do instead
   */
  public static void requireWaitingAllowed(String call) {
    Connector.requireOffLoop(call);
    ControlLoop.requireOffLoop(call);
  }
}
