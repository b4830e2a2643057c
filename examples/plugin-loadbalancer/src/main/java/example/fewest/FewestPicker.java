package example.fewest;

import example.fewest.FewestProvider.Cost;
import io.upstream4j.api.spi.BackendSnapshot;
import io.upstream4j.api.spi.Candidates;
import io.upstream4j.api.spi.Pick;
import io.upstream4j.api.spi.Picker;
import io.upstream4j.api.spi.RequestView;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Compares all eligible backends and takes the one with the least load for its weight; of equals,
 * any one. Backends of weight 0 are used last.
 */
final class FewestPicker implements Picker {
  private final BackendSnapshot snapshot;
  private final Cost cost;
  private final int[] weights; // copied from the records, because picks are frequent

  FewestPicker(BackendSnapshot snapshot, Cost cost) {
    this.snapshot = snapshot;
    this.cost = cost;
    this.weights = snapshot.backends().stream().mapToInt(backend -> backend.weight()).toArray();
  }

  @Override
  public Pick pick(RequestView request, Candidates candidates) {
    if (weights.length == 0) {
      return Pick.Nowhere.NO_BACKENDS;
    }
    int chosen = -1;
    double least = 0;
    int equals = 0;
    for (int slot = 0; slot < weights.length; slot++) {
      if (!candidates.accepts(slot)) {
        continue;
      }
      double load = load(candidates, slot);
      if (chosen < 0 || load < least) {
        chosen = slot;
        least = load;
        equals = 1;
      } else if (load == least && ThreadLocalRandom.current().nextInt(++equals) == 0) {
        chosen = slot;
      }
    }
    return chosen < 0 ? Pick.Nowhere.NO_ELIGIBLE_BACKEND : snapshot.pick(chosen);
  }

  private double load(Candidates candidates, int slot) {
    if (weights[slot] == 0) {
      return Double.POSITIVE_INFINITY;
    }
    int inFlight = candidates.inFlight(slot);
    double load =
        cost == Cost.TIME ? (inFlight + 1.0) * candidates.latencyNanos(slot) : inFlight;
    return load / weights[slot];
  }
}
