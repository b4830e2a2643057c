package io.upstream4j.lb.roundrobin;

/**
 * A round in which each slot occurs once, in order.
 *
 * @param length the number of slots
 */
record EqualRound(long length) implements Round {
  @Override
  public int slotAt(long position) {
    return (int) position;
  }
}
