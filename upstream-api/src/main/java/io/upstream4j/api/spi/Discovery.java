package io.upstream4j.api.spi;

import java.util.List;

/** A recipe for finding the backends of an upstream. */
@FunctionalInterface
public interface Discovery {
  /**
   * Begins to look, and keeps looking until the subscription is closed. Never blocks.
   *
   * @param listener told of every answer and every failure
   */
  Subscription start(Listener listener);

  /**
   * Hears what a discovery finds. Its methods may be called by any thread, never block, and have no
   * effect once the subscription is closed.
   */
  interface Listener {
    /**
     * The source answered. An answer equal to the one before changes nothing; the order does not
     * matter.
     *
     * @param whole every backend there is; an empty list is an answer, too
     */
    void found(List<Backend> whole);

    /**
     * The source answered, and part of the answer is missing or an earlier one: as {@link #found},
     * but what failed before has not recovered.
     *
     * @param whole every backend that is known
     * @param cause what went wrong with the rest; its message is shown to people
     */
    default void foundPartly(List<Backend> whole, Exception cause) {
      found(whole);
      failed(cause);
    }

    /**
     * The source could not be asked, or its answer not understood. The last good answer stays in
     * use. The discovery goes on trying by itself.
     *
     * @param cause its message is shown to people
     */
    void failed(Exception cause);
  }

  /** A discovery at work. Safe for use by any thread. */
  interface Subscription extends AutoCloseable {
    /** Asks the source again now rather than when it is due. */
    void refresh();

    /** Ends the discovery and what it started. May be called again, without effect. */
    @Override
    void close();
  }
}
