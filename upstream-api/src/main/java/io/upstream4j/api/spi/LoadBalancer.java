package io.upstream4j.api.spi;

import java.util.Map;

/**
 * A load-balancing strategy of one upstream, for all its generations.
 *
 * <p>{@link #prepare} is the slow half: it builds whatever a pick needs, off the request path. The
 * {@link Picker} that it returns is the fast half. Keep state here that must survive a change of
 * the set, such as the position of a round robin.
 *
 * @implSpec {@link #prepare} and {@link #close} are called one at a time, never on the request
 *     path. Pickers of earlier generations may still be in use while a new one is prepared.
 */
public interface LoadBalancer extends AutoCloseable {
  /**
   * Creates the picker for a new set of backends. A change of health does not create a new picker:
   * pickers ask {@link Candidates}.
   *
   * @param snapshot the set; may be empty
   */
  Picker prepare(BackendSnapshot snapshot);

  /**
   * Returns the strategy's own counters for the statistics: names in lower case with underscores,
   * to totals since the strategy was created. Empty unless overridden. May be called by any thread.
   */
  default Map<String, Long> counters() {
    return Map.of();
  }

  /** Releases the resources of the strategy. Does nothing unless overridden. Called once. */
  @Override
  default void close() {}
}
