package io.upstream4j.api.spi;

import java.util.Map;

/**
 * A strategy at work for one upstream, over all its generations.
 *
 * <p>The slow half of balancing: {@link #prepare} builds whatever a pick needs, off the request
 * path; the {@link Picker} it returns is the fast half. State that must survive a change of the set
 * (a round robin's position) lives here.
 *
 * @implSpec {@link #prepare} and {@link #close} are called one at a time, never on the request
 *     path. Pickers of earlier generations may still be in use while a new one is prepared.
 */
public interface LoadBalancer extends AutoCloseable {
  /**
   * Makes the picker for a new set of backends. Health does not call for a new one: pickers ask
   * {@link Candidates}.
   *
   * @param snapshot the set; may be empty
   */
  Picker prepare(BackendSnapshot snapshot);

  /**
   * What the strategy counts beside its picks, for the statistics: names in lower case, with
   * underscores, to counts since it was made. Nothing unless overridden. May be called by any
   * thread.
   */
  default Map<String, Long> counters() {
    return Map.of();
  }

  /** Ends what it started; nothing unless overridden. Called once. */
  @Override
  default void close() {}
}
