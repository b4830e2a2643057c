package io.upstream4j.lb.leastload;

import io.upstream4j.api.spi.BackendSnapshot;
import io.upstream4j.api.spi.LoadBalancer;
import io.upstream4j.api.spi.Pick;
import io.upstream4j.api.spi.Picker;
import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;

/**
 * Draws two backends at random by weight and takes the less loaded one.
 *
 * @param load the measure of load
 * @param random returns evenly distributed numbers; called by many threads at once
 */
record Choice(Load load, LongSupplier random) implements LoadBalancer {
  Choice(Load load) {
    this(load, () -> ThreadLocalRandom.current().nextLong());
  }

  @Override
  public Picker prepare(BackendSnapshot snapshot) {
    int size = snapshot.size();
    if (size == 0) {
      return (request, candidates) -> Pick.Nowhere.NO_BACKENDS;
    }
    int[] weights = new int[size];
    boolean weightless = true;
    for (int slot = 0; slot < size; slot++) {
      weights[slot] = snapshot.backend(slot).weight();
      weightless &= weights[slot] == 0;
    }
    if (weightless) {
      Arrays.fill(weights, 1); // all have weight 0, so all are equal
    }
    return new ChoicePicker(snapshot, new Lots(weights), size == 1 ? Load.NONE : load, random);
  }
}
