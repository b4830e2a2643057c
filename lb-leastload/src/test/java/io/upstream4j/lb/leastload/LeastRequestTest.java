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
    double byLot = mostInFlight(Load.NONE);
    double byChoice = mostInFlight(Load.IN_FLIGHT);
    // The average is 20 each. With random picks, the busiest of 100 exceeds it by 2.5 deviations of
    // 4.5.
    assertThat(byLot).as("by lot, seed %s", seed).isBetween(29.0, 34.0);
    assertThat(byChoice).as("by choice of two, seed %s", seed).isBetween(21.0, 24.0);
  }

  @Test
  void requestsInFlightAreSharedByWeight() {
    int[] weights = {1, 2, 4, 8};
    Traffic traffic = new Traffic(new Shares(Load.IN_FLIGHT, seed, weights), 4, 1_500);
    traffic.serve(50_000);
    for (int slot = 0; slot < weights.length; slot++) {
      assertThat(traffic.inFlight[slot])
          .as("in flight at %s, seed %s", slot, seed)
          .isCloseTo(100 * weights[slot], within(5 * weights[slot]));
    }
  }

  @Test
  void aPickAmongManyAsksFew() {
    int[] weights = new int[5_000];
    Arrays.fill(weights, 1);
    weights[17] = 65_535; // so heavy that the first and most other draws hit it
    Shares shares = new Shares(Load.IN_FLIGHT, seed, weights);
    FakeCandidates candidates = new FakeCandidates(5_000);
    for (int i = 0; i < 10_000; i++) {
      shares.slot(candidates);
      assertThat(candidates.offered()).as("seed %s", seed).hasSizeBetween(1, 2);
    }
  }

  /** Returns the requests in flight on the busiest of 100 backends, averaged over 100 moments. */
  private double mostInFlight(Load load) {
    int[] weights = new int[100];
    Arrays.fill(weights, 1);
    Traffic traffic = new Traffic(new Shares(load, seed, weights), 100, 2_000);
    traffic.serve(10_000);
    double sum = 0;
    for (int moment = 0; moment < 100; moment++) {
      traffic.serve(1_000);
      sum += Arrays.stream(traffic.inFlight).max().orElseThrow();
    }
    return sum / 100;
  }

  /** Keeps a number of requests in flight, which end in random order. */
  private final class Traffic {
    private final Shares shares;
    private final SplittableRandom random = new SplittableRandom(seed + 1);
    private final FakeCandidates candidates;
    private final int[] inFlight;
    private final int[] slotOf;

    Traffic(Shares shares, int slots, int requests) {
      this.shares = shares;
      candidates = new FakeCandidates(slots);
      inFlight = new int[slots];
      slotOf = new int[requests];
      for (int request = 0; request < requests; request++) {
        begin(request);
      }
    }

    void serve(int requests) {
      for (int i = 0; i < requests; i++) {
        int ended = random.nextInt(slotOf.length);
        candidates.withInFlight(slotOf[ended], --inFlight[slotOf[ended]]);
        begin(ended);
      }
    }

    private void begin(int request) {
      int slot = shares.slot(candidates);
      slotOf[request] = slot;
      candidates.withInFlight(slot, ++inFlight[slot]);
    }
  }
}
