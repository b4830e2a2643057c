package io.upstream4j.lb.leastload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.upstream4j.testkit.FakeCandidates;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class PeakEwmaTest {
  private static final Duration FAST = Duration.ofMillis(1);
  private static final Duration SLOW = Duration.ofMillis(10);

  private final long seed = System.nanoTime();

  @Test
  void ofTwoTheFasterIsTakenAndTheSlowerStillTriedNowAndThen() {
    FakeCandidates candidates = new FakeCandidates(2).withLatency(0, SLOW).withLatency(1, FAST);
    double[] shares = new Shares(Load.LATENCY, seed, 1, 1).of(200_000, candidates);
    assertThat(shares[0])
        .as("share of the slower, seed %s", seed)
        .isCloseTo(1 / 64.0, within(.005));
  }

  @Test
  void aFastBackendWithManyRequestsIsPassedOver() {
    FakeCandidates candidates =
        new FakeCandidates(2).withLatency(0, SLOW).withLatency(1, FAST).withInFlight(1, 8);
    Shares shares = new Shares(Load.LATENCY, seed, 1, 1);
    assertThat(shares.of(20_000, candidates)[1]).as("9 ms beside 10 ms").isGreaterThan(.95);
    candidates.withInFlight(1, 10);
    assertThat(shares.of(20_000, candidates)[0]).as("10 ms beside 11 ms").isGreaterThan(.95);
  }

  @Test
  void requestsCountInRelationToTheWeight() {
    FakeCandidates candidates =
        new FakeCandidates(2)
            .withLatency(0, FAST)
            .withLatency(1, FAST)
            .withInFlight(0, 7)
            .withInFlight(1, 2);
    assertThat(new Shares(Load.LATENCY, seed, 4, 1).of(20_000, candidates)[0]).isGreaterThan(.95);
  }

  @Test
  void aBackendWithoutASampleIsTriedFirstButWithOneRequestAtATime() {
    FakeCandidates candidates = new FakeCandidates(2).withLatency(0, FAST).withInFlight(0, 0);
    Shares shares = new Shares(Load.LATENCY, seed, 1, 1);
    assertThat(shares.of(20_000, candidates)[1]).as("while it is idle").isGreaterThan(.95);
    candidates.withInFlight(1, 1).withInFlight(0, 1_000).withLatency(0, Duration.ofMinutes(1));
    assertThat(shares.of(20_000, candidates)[1]).as("while it is tried").isLessThan(.05);
  }

  @Test
  void backendsOfWhichNoneHasASampleShareTheRequests() {
    Shares shares = new Shares(Load.LATENCY, seed, 1, 1, 1, 1);
    FakeCandidates candidates = new FakeCandidates(4);
    int[] inFlight = new int[4];
    for (int i = 0; i < 400; i++) {
      int slot = shares.slot(candidates);
      candidates.withInFlight(slot, ++inFlight[slot]);
    }
    for (int requests : inFlight) {
      assertThat(requests).as("seed %s", seed).isCloseTo(100, within(12));
    }
  }

  @Test
  void aBackendThatRecoversGetsItsShareBack() {
    FakeCandidates candidates = new FakeCandidates(2).withLatency(0, SLOW).withLatency(1, FAST);
    Shares shares = new Shares(Load.LATENCY, seed, 1, 1);
    int picks = 0;
    while (shares.slot(candidates) != 0) {
      picks++;
    }
    assertThat(picks).as("picks until it is tried again, seed %s", seed).isLessThan(2_000);
    candidates.withLatency(0, FAST);
    assertThat(shares.of(100_000, candidates)[0]).as("seed %s", seed).isCloseTo(.5, within(.02));
  }
}
