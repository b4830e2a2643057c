package io.upstream4j.lb.leastload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.upstream4j.testkit.FakeCandidates;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RandomTest {
  private final long seed = System.nanoTime();

  @Test
  void backendsAreServedByWeight() {
    double[] shares = new Shares(Load.NONE, seed, 5, 3, 0, 2).of(200_000, new FakeCandidates(4));
    assertThat(shares)
        .as("seed %s", seed)
        .containsExactly(new double[] {.5, .3, 0, .2}, within(.01));
  }

  @Test
  void theShareOfADeadBackendFallsToTheOthersByTheirWeights() {
    FakeCandidates candidates = new FakeCandidates(4).reject(0);
    double[] shares = new Shares(Load.NONE, seed, 5, 1, 3, 1).of(200_000, candidates);
    assertThat(shares)
        .as("seed %s", seed)
        .containsExactly(new double[] {0, .2, .6, .2}, within(.01));
  }

  @Test
  void whenNearlyAllAreDeadTheRestIsServedByWeight() {
    int[] weights = IntStream.range(0, 500).map(slot -> 1 + slot % 4).toArray();
    FakeCandidates candidates = new FakeCandidates(500).acceptOnly(100, 203, 401);
    double[] shares = new Shares(Load.NONE, seed, weights).of(50_000, candidates);
    assertThat(shares[100]).as("weight 1, seed %s", seed).isCloseTo(1 / 7.0, within(.01));
    assertThat(shares[203]).as("weight 4, seed %s", seed).isCloseTo(4 / 7.0, within(.01));
    assertThat(shares[401]).as("weight 2, seed %s", seed).isCloseTo(2 / 7.0, within(.01));
  }

  @Test
  void thePicksOfABackendDoNotFollowAPattern() {
    Shares shares = new Shares(Load.NONE, seed, 1, 1);
    FakeCandidates candidates = new FakeCandidates(2);
    int changes = 0;
    int last = 0;
    for (int i = 0; i < 100_000; i++) {
      int slot = shares.slot(candidates);
      changes += slot == last ? 0 : 1;
      last = slot;
    }
    assertThat(changes)
        .as("changes from one to the other, seed %s", seed)
        .isCloseTo(50_000, within(1_000));
  }
}
