package io.upstream4j.core.runtime;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The requests that were sent whole and have not ended, so that closing can wait for them. As many
 * as programs send at the same time. Safe for use by any thread.
 *
 * <p>A request joins, <em>then</em> looks whether this is closed; closing says so, <em>then</em>
 * looks who is there. So each request is either waited for or refused.
 */
public final class OpenSends {
  /** A request that was sent whole. */
  public interface Send {
    /** Fails it, as its event loop never will. */
    void abandonAtClose();
  }

  private final Set<Send> open = ConcurrentHashMap.newKeySet();
  private final Progress progress = new Progress();
  private volatile boolean closed;

  /** Whether requests are refused. */
  public boolean isClosed() {
    return closed;
  }

  /** Takes a request; false when it is refused. */
  public boolean add(Send request) {
    open.add(request);
    return !closed;
  }

  public void remove(Send request) {
    open.remove(request);
    if (closed) {
      progress.announce();
    }
  }

  /**
   * Refuses further requests, and waits for those that were taken.
   *
   * @return whether the calling thread was interrupted, which ends the waiting
   */
  public boolean close(Duration limit) {
    closed = true;
    try {
      progress.await(open::isEmpty, limit);
      return false;
    } catch (InterruptedException e) {
      return true;
    }
  }

  /**
   * Fails what has not ended, as its event loop never will: so that nobody waits without limit. On
   * a thread of its own, as it runs what programs have follow.
   */
  public void abandon() {
    List<Send> left = List.copyOf(open);
    if (!left.isEmpty()) {
      Thread thread = new Thread(() -> left.forEach(Send::abandonAtClose), "upstream4j-abandon");
      thread.setDaemon(true);
      thread.start();
    }
  }
}
