package io.upstream4j.benchmarks;

/** A balancer that is measured. */
@FunctionalInterface
interface Contender {
  /**
   * Picks a backend for a request.
   *
   * @param number the number of the request, from 0; contenders that look at requests have {@link
   *     Requests#COUNT} different ones
   * @return the pick, so that the JIT compiler cannot remove it
   */
  Object pick(int number);
}
