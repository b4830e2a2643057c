package io.upstream4j.api.spi;

import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Chooses a backend for one request.
 *
 * @implSpec Thread-safe. Called on the request path by many threads at once: no locks, no blocking,
 *     no logging, no allocation, and no exception for an expected outcome. Each slot is offered to
 *     {@link Candidates#accepts} at most once, and all are offered before giving up.
 */
@FunctionalInterface
public interface Picker {
  /**
   * Picks a backend for a request.
   *
   * @param request valid only during the call
   * @param candidates the current state of each slot of this picker's snapshot
   * @return the backend with its slot, or the reason why there is none
   */
  Pick pick(RequestView request, Candidates candidates);

  /**
   * Returns the number that assigns a request to a tier or a zone, before {@link #pick} chooses a
   * backend within it. Random unless overridden. Override it in a strategy that sends equal
   * requests to the same backend, so that equal requests also get the same tier.
   *
   * @implSpec Called on the request path, like {@link #pick}. Evenly distributed, and independent
   *     of the number by which {@code pick} chooses.
   * @param request valid only during the call
   * @return 0 to 2<sup>31</sup> − 1
   */
  default int lot(RequestView request) {
    return ThreadLocalRandom.current().nextInt() >>> 1;
  }

  /**
   * Explains to people what decides where a request goes. Empty unless overridden, which suits a
   * strategy that does not look at the request.
   *
   * @implSpec Has no side effects: the next pick is the same with and without this call. It is not
   *     on the request path and may allocate.
   * @param request valid only during the call
   * @param limit the greatest number of candidates to return, from 0
   */
  default Optional<Explanation> explain(RequestView request, int limit) {
    return Optional.empty();
  }
}
