package io.upstream4j.api.spi;

/**
 * The current state of each slot of a snapshot. Slots are 0 to the snapshot's size − 1.
 *
 * <p>Pickers call it on the request path, from any thread. No method blocks.
 */
public interface Candidates {
  /**
   * Returns whether the request may go to the slot: it is healthy, enabled, below its limits, its
   * circuit is closed, and this exchange has not tried it yet.
   */
  boolean accepts(int slot);

  /** Returns the number of requests sent to the slot that have not ended. */
  int inFlight(int slot);

  /**
   * Returns the number of requests in flight over the slots 0 to {@code slots - 1}.
   *
   * @implSpec Adds up {@link #inFlight} unless overridden. Override it where the sum is kept
   *     anyway, because a balancer with bounded load asks for it at each pick.
   * @param slots the number of slots
   */
  default long inFlightTotal(int slots) {
    long total = 0;
    for (int slot = 0; slot < slots; slot++) {
      total += inFlight(slot);
    }
    return total;
  }

  /**
   * Returns the sum of the weights of the slots that take requests now. Unlike {@link #accepts} it
   * ignores limits and earlier tries of the exchange.
   *
   * @implSpec Adds up the weights of the slots that {@linkplain #accepts accept} unless overridden.
   *     Override it where the sum is kept anyway, because a balancer with bounded load asks for it
   *     at each pick.
   * @param snapshot the backends of the slots
   */
  default long weightTotal(BackendSnapshot snapshot) {
    long total = 0;
    for (int slot = 0; slot < snapshot.size(); slot++) {
      total += accepts(slot) ? snapshot.backend(slot).weight() : 0;
    }
    return total;
  }

  /** Returns the slot's decayed average response time in nanoseconds, or 0 without a sample. */
  long latencyNanos(int slot);
}
