package io.upstream4j.api.spi;

import java.util.Optional;

/**
 * Chooses a backend for one request.
 *
 * @implSpec Thread-safe, and called on the request path by many threads at once: no locks, no
 *     blocking, no logging, no allocation, and no exception for an expected outcome. Each slot is
 *     offered to {@link Candidates#accepts} at most once, and all are offered before giving up.
 */
@FunctionalInterface
public interface Picker {
  /**
   * Chooses.
   *
   * @param request valid only during the call
   * @param candidates what is known of each slot of the snapshot this picker was made for
   * @return the backend's slot, or why there is none
   */
  Pick pick(RequestView request, Candidates candidates);

  /**
   * Tells a person what decides where a request goes; empty unless overridden, which suits a
   * strategy that does not look at the request.
   *
   * @implSpec Changes nothing: the next pick is the same with and without. Unlike {@link #pick} it
   *     is not on the request path, and may allocate.
   * @param request valid only during the call
   * @param limit how many candidates to name at most; from 0
   */
  default Optional<Explanation> explain(RequestView request, int limit) {
    return Optional.empty();
  }
}
