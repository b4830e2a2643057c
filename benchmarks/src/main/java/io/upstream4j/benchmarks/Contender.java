package io.upstream4j.benchmarks;

/** Something that picks a backend. */
@FunctionalInterface
interface Contender {
  /**
   * Picks.
   *
   * @param number which request it is, from 0; contenders that look at requests have {@link
   *     Requests#COUNT} different ones
   * @return what was picked, so that nothing is optimised away
   */
  Object pick(int number);
}
