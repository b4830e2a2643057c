package io.upstream4j.api.spi;

import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

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
   * The lot by which a request is given to a tier or a zone, before {@link #pick} chooses within
   * it; drawn at random unless overridden. A strategy that sends equal requests to the same backend
   * overrides it, so that their tier is the same as well.
   *
   * @implSpec Called on the request path, as {@link #pick}; evenly distributed, and independent of
   *     what {@code pick} makes of the request.
   * @param request valid only during the call
   * @return 0 to 2<sup>31</sup> − 1
   */
  default int lot(RequestView request) {
    return ThreadLocalRandom.current().nextInt() >>> 1;
  }

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
