package io.upstream4j.lb.roundrobin;

import io.upstream4j.api.spi.BackendSnapshot;
import io.upstream4j.api.spi.LoadBalancer;
import io.upstream4j.api.spi.Pick;
import io.upstream4j.api.spi.Picker;
import java.util.concurrent.atomic.AtomicLong;

/** Serves the backends in turn, each as often per round as its weight. */
final class RoundRobin implements LoadBalancer {
  // Shared by all generations, so that a change of membership does not restart the round.
  private final AtomicLong turns;

  RoundRobin() {
    this(0);
  }

  /** Starts at a later turn, as if that many picks had been made. */
  RoundRobin(long turn) {
    turns = new AtomicLong(turn);
  }

  @Override
  public Picker prepare(BackendSnapshot snapshot) {
    if (snapshot.size() == 0) {
      return (request, candidates) -> Pick.Nowhere.NO_BACKENDS;
    }
    int[] weights = new int[snapshot.size()];
    for (int slot = 0; slot < weights.length; slot++) {
      weights[slot] = snapshot.backend(slot).weight();
    }
    return new TurnPicker(snapshot, weights, Round.of(weights), turns);
  }
}
