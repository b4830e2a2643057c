package io.upstream4j.lb.leastload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.upstream4j.testkit.FakeCandidates;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LeastRequestTest {
  private final long seed = System.nanoTime();

  @Test
  void ofTwoTheOneWithFewerRequestsIsTaken() {
    FakeCandidates candidates = new FakeCandidates(2).withInFlight(0, 5).withInFlight(1, 3);
    assertThat(new Shares(Load.IN_FLIGHT, seed, 1, 1).of(1_000, candidates)[1])
        .isCloseTo(1, within(1e-6));
  }

  @Test
  void requestsCountInRelationToTheWeight() {
    FakeCandidates candidates = new FakeCandidates(2).withInFlight(0, 7).withInFlight(1, 2);
    assertThat(new Shares(Load.IN_FLIGHT, seed, 4, 1).of(1_000, candidates)[0])
        .isCloseTo(1, within(1e-6));
  }

  @Test
  void aLightBackendIsFoundBesideAHeavyOneThatIsBusy() {
    FakeCandidates candidates = new FakeCandidates(2).withInFlight(0, 65_535);
    assertThat(new Shares(Load.IN_FLIGHT, seed, 65_535, 1).of(1_000, candidates)[1])
        .isCloseTo(1, within(1e-6));
  }

  @Test
  void idleBackendsAreServedByWeight() {
    double[] shares = new Shares(Load.IN_FLIGHT, seed, 5, 3, 2).of(200_000, new FakeCandidates(3));
    assertThat(shares).as("seed %s", seed).containsExactly(new double[] {.5, .3, .2}, within(.01));
  }

  @Test
  void amongManyTheBusiestHasFarFewerThanByLot() {
    int byLot = mostInFlight(Load.NONE);
    int byChoice = mostInFlight(Load.IN_FLIGHT);
    // 20 each on average. By lot, the busiest of 100 has 20 + 2.5 deviations of 4.5, or more.
    assertThat(byLot).as("by lot, seed %s", seed).isGreaterThan(28);
    assertThat(byChoice).as("by choice of two, seed %s", seed).isBetween(20, 24);
  }

  @Test
  void requestsInFlightAreSharedByWeight() {
    int[] weights = {1, 2, 4, 8};
    int[] inFlight = serve(Load.IN_FLIGHT, weights, 1_500, 50_000);
    for (int slot = 0; slot < weights.length; slot++) {
      assertThat(inFlight[slot])
          .as("in flight at %s, seed %s", slot, seed)
          .isCloseTo(100 * weights[slot], within(5 * weights[slot]));
    }
  }

  @Test
  void aPickAmongManyAsksFew() {
    int[] weights = new int[5_000];
    Arrays.fill(weights, 1);
    weights[17] = 65_535; // the first draw, and most others
    Shares shares = new Shares(Load.IN_FLIGHT, seed, weights);
    FakeCandidates candidates = new FakeCandidates(5_000);
    for (int i = 0; i < 10_000; i++) {
      shares.slot(candidates);
      assertThat(candidates.offered()).as("seed %s", seed).hasSizeBetween(1, 2);
    }
  }

  private int mostInFlight(Load load) {
    int[] weights = new int[100];
    Arrays.fill(weights, 1);
    return Arrays.stream(serve(load, weights, 2_000, 50_000)).max().orElseThrow();
  }

  /** Keeps as many requests in flight, of which any may be the next to end. */
  private int[] serve(Load load, int[] weights, int requests, int rounds) {
    Shares shares = new Shares(load, seed, weights);
    SplittableRandom random = new SplittableRandom(seed + 1);
    FakeCandidates candidates = new FakeCandidates(weights.length);
    int[] inFlight = new int[weights.length];
    int[] slotOf = new int[requests];
    for (int i = 0; i < requests + rounds; i++) {
      int request = i < requests ? i : random.nextInt(requests);
      if (i >= requests) {
        inFlight[slotOf[request]]--;
        candidates.withInFlight(slotOf[request], inFlight[slotOf[request]]);
      }
      slotOf[request] = shares.slot(candidates);
      inFlight[slotOf[request]]++;
      candidates.withInFlight(slotOf[request], inFlight[slotOf[request]]);
    }
    return inFlight;
  }
}
