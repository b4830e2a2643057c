package io.upstream4j.lb.leastload;

import io.upstream4j.api.spi.Candidates;

/** What two candidates are compared by. */
enum Load {
  /** Nothing: the first that was drawn is taken. */
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

  /** Requests in flight, in relation to the weight. */
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
   * The time until one more request would be answered: the average latency, once for itself and
   * once for each request in flight in relation to the weight (Finagle's peak EWMA).
   *
   * <p>A backend without a sample is tried before any other, with one request at a time: while that
   * is in flight, any other backend is better.
   */
  LATENCY {
    // One of 32 picks does not compare: a backend that was slow once would else get no request, and
    // so no better sample, as long as another is faster.
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

  /** More than any latency: 30 years. */
  private static final double UNTRIED_NANOS = 1e18;

  /**
   * Whether a pick takes the first candidate without a comparison.
   *
   * @param seed an evenly distributed number, different for each pick
   */
  abstract boolean takesFirst(long seed);

  /**
   * The load of a slot; the less, the better. Hot.
   *
   * @param perRequest what one request means to it: 1 for the average weight, half of that for
   *     twice the weight
   */
  abstract double of(Candidates candidates, int slot, double perRequest);
}
