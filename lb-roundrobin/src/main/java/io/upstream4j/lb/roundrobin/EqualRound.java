package io.upstream4j.lb.roundrobin;

/**
 * Each slot once, in order.
 *
 * @param length how many slots there are
 */
record EqualRound(long length) implements Round {
  @Override
  public int slotAt(long position) {
    return (int) position;
  }
}
