package io.upstream4j.lb.leastload;

import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.BackendSnapshot;
import io.upstream4j.api.spi.Pick;
import io.upstream4j.api.spi.Picker;
import io.upstream4j.testkit.FakeCandidates;
import io.upstream4j.testkit.FakeRequest;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Counts the picks of a balancer. Its random numbers derive from a seed that tests can print. */
final class Shares {
  private static final FakeRequest REQUEST = FakeRequest.get("/");

  private final Picker picker;
  private final int size;

  Shares(Load load, long seed, int... weights) {
    BackendSnapshot snapshot =
        new BackendSnapshot(
            0,
            IntStream.range(0, weights.length)
                .mapToObj(slot -> Backend.of("backend-" + slot, 80, weights[slot]))
                .toList());
    SplittableRandom random = new SplittableRandom(seed);
    picker = new Choice(load, random::nextLong).prepare(snapshot);
    size = weights.length;
  }

  int slot(FakeCandidates candidates) {
    return ((Pick.To) picker.pick(REQUEST, candidates.forget())).slot();
  }

  /** Returns each slot's share of {@code picks} picks among candidates that do not change. */
  double[] of(int picks, FakeCandidates candidates) {
    double[] shares = new double[size];
    for (int i = 0; i < picks; i++) {
      shares[slot(candidates)] += 1.0 / picks;
    }
    return shares;
  }
}
