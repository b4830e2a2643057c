package io.upstream4j.testkit;

import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Discovery;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/** Records the reports of a discovery. Thread-safe. */
public final class RecordingListener implements Discovery.Listener {
  private final List<List<Backend>> found = new ArrayList<>();
  private final List<Exception> failures = new ArrayList<>();
  private boolean troubled;

  /** Creates a listener without reports. */
  public RecordingListener() {}

  @Override
  public synchronized void found(List<Backend> whole) {
    found.add(List.copyOf(whole));
    troubled = false;
    notifyAll();
  }

  @Override
  public synchronized void failed(Exception cause) {
    failures.add(cause);
    troubled = true;
    notifyAll();
  }

  /** Returns the answers so far. */
  public synchronized List<List<Backend>> found() {
    return List.copyOf(found);
  }

  /** Returns the failures so far. */
  public synchronized List<Exception> failures() {
    return List.copyOf(failures);
  }

  /** Returns whether there was a failure after the last complete answer. */
  public synchronized boolean isTroubled() {
    return troubled;
  }

  /** Returns the number of answers and failures so far. */
  public synchronized int heard() {
    return found.size() + failures.size();
  }

  /**
   * Returns the last answer.
   *
   * @throws AssertionError when there was none
   */
  public synchronized List<Backend> last() {
    if (found.isEmpty()) {
      throw new AssertionError("no answer so far; failures: " + failures);
    }
    return found.get(found.size() - 1);
  }

  /**
   * Waits until a condition holds. Tests it after every answer and failure, and every 10
   * milliseconds of real time.
   *
   * @param what the condition in words, for the error message
   * @param condition may advance a fake clock
   * @throws AssertionError when it does not hold within {@code limit}
   */
  public void await(String what, Duration limit, BooleanSupplier condition) {
    long deadline = System.nanoTime() + limit.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline >= 0) {
        throw new AssertionError(
            "not within " + limit + ": " + what + "; heard: " + found() + " and " + failures());
      }
      pause();
    }
  }

  @SuppressWarnings("WaitNotInLoop") // the caller has the loop and the condition
  private synchronized void pause() {
    try {
      wait(10);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }
}
