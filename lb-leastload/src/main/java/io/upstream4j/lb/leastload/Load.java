package io.upstream4j.lb.leastload;

import io.upstream4j.api.spi.Candidates;

/** The measures by which two candidates are compared. */
enum Load {
  /** No measure: the first draw is taken. */
  NONE {
    @Override
    boolean takesFirst(long seed) {
      return true;
    }

    @Override
    double of(Candidates candidates, int slot, double perRequest) {
      return 0;
    }
  },

  /** Requests in flight relative to the weight. */
  IN_FLIGHT {
    @Override
    boolean takesFirst(long seed) {
      return false;
    }

    @Override
    double of(Candidates candidates, int slot, double perRequest) {
      return candidates.inFlight(slot) * perRequest;
    }
  },

  /**
   * The expected time until one more request is answered: the average latency, once for the request
   * itself and once for each request in flight relative to the weight (Finagle's peak EWMA).
   *
   * <p>A backend without a sample is tried before any other, but with one request at a time: until
   * that request ends, any other backend is preferred.
   */
  LATENCY {
    // One of 32 picks does not compare. Otherwise a backend that was slow once would receive no
    // request, and so no better sample, while another is faster.
    @Override
    boolean takesFirst(long seed) {
      return (seed & 31) == 0;
    }

    @Override
    double of(Candidates candidates, int slot, double perRequest) {
      int inFlight = candidates.inFlight(slot);
      long latency = candidates.latencyNanos(slot);
      if (latency == 0) {
        return inFlight == 0 ? 0 : UNTRIED_NANOS * (1 + inFlight * perRequest);
      }
      return latency * (1 + inFlight * perRequest);
    }
  };

  /** Greater than any latency: 30 years. */
  private static final double UNTRIED_NANOS = 1e18;

  /**
   * Returns whether a pick takes the first candidate without a comparison.
   *
   * @param seed an evenly distributed number, different for each pick
   */
  abstract boolean takesFirst(long seed);

  /**
   * Returns the load of a slot; less is better. On the request path.
   *
   * @param perRequest the load of one request on this slot: 1 for the average weight, half of that
   *     for twice the weight
   */
  abstract double of(Candidates candidates, int slot, double perRequest);
}
