package io.upstream4j.api.spi;

import java.util.List;

/** Finds the backends of an upstream. */
@FunctionalInterface
public interface Discovery {
  /**
   * Starts watching the source, until the subscription is closed. Does not block.
   *
   * @param listener receives every answer and every failure
   */
  Subscription start(Listener listener);

  /**
   * Receives what a discovery finds. Its methods may be called by any thread, do not block, and
   * have no effect once the subscription is closed.
   */
  interface Listener {
    /**
     * Reports a complete answer. An answer equal to the previous one changes nothing; the order
     * does not matter.
     *
     * @param whole all backends; an empty list is a valid answer
     */
    void found(List<Backend> whole);

    /**
     * Reports an answer of which a part is missing or outdated. Like {@link #found}, but an earlier
     * failure is not considered resolved.
     *
     * @param whole all backends known
     * @param cause what went wrong with the rest; its message is shown to users
     */
    default void foundPartly(List<Backend> whole, Exception cause) {
      found(whole);
      failed(cause);
    }

    /**
     * Reports that the source could not be queried or its answer could not be understood. The last
     * good answer stays in use, and the discovery retries by itself.
     *
     * @param cause what went wrong; its message is shown to users
     */
    void failed(Exception cause);
  }

  /** A running discovery. Thread-safe. */
  interface Subscription extends AutoCloseable {
    /** Queries the source now instead of at the next scheduled time. */
    void refresh();

    /** Stops the discovery and releases its resources. Further calls have no effect. */
    @Override
    void close();
  }
}
