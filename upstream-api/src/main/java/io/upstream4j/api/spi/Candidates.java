package io.upstream4j.api.spi;

/**
 * What is known of each slot of a snapshot, now. Slots are 0 to the snapshot's size − 1.
 *
 * <p>Called by pickers on the request path; every method is a plain read and never blocks.
 */
public interface Candidates {
  /**
   * Whether the request may go to the slot: healthy, enabled, circuit closed, below its limits, and
   * not yet tried by this exchange.
   */
  boolean accepts(int slot);

  /** Requests that the slot has been given and that have not ended. */
  int inFlight(int slot);

  /**
   * Requests in flight over the slots 0 to {@code slots - 1}.
   *
   * @implSpec Adds them up unless overridden; worth overriding where the sum is kept anyway, as a
   *     balancer with bounded load asks at each pick.
   * @param slots how many slots there are
   */
  default long inFlightTotal(int slots) {
    long total = 0;
    for (int slot = 0; slot < slots; slot++) {
      total += inFlight(slot);
    }
    return total;
  }

  /**
   * The weights of the slots that take requests now, added up. Unlike {@link #accepts} it does not
   * heed limits, nor what the exchange has tried.
   *
   * @implSpec Adds up those of the slots that accept unless overridden; worth overriding where the
   *     sum is kept anyway, as a balancer with bounded load asks at each pick.
   * @param snapshot the backends that the slots stand for
   */
  default long weightTotal(BackendSnapshot snapshot) {
    long total = 0;
    for (int slot = 0; slot < snapshot.size(); slot++) {
      total += accepts(slot) ? snapshot.backend(slot).weight() : 0;
    }
    return total;
  }

  /**
   * The slot's decayed average time to a response in nanoseconds; 0 when there is no sample yet.
   */
  long latencyNanos(int slot);
}
