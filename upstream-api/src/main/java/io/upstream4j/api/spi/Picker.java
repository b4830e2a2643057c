package io.upstream4j.api.spi;

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
}
