package io.upstream4j.lb.roundrobin;

import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.api.spi.Backend;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RoundTest {
  @Test
  void fiveOneOneIsServedInNginxsOrder() {
    assertThat(turns(Round.of(new int[] {5, 1, 1}))).containsExactly(0, 0, 1, 0, 2, 0, 0);
  }

  @Test
  void commonDivisorsShortenTheRound() {
    assertThat(turns(Round.of(new int[] {500, 100, 100}))).containsExactly(0, 0, 1, 0, 2, 0, 0);
    assertThat(turns(Round.of(new int[] {7, 7, 7}))).containsExactly(0, 1, 2);
  }

  @Test
  void slotsOfWeightZeroHaveNoTurn() {
    assertThat(turns(Round.of(new int[] {0, 2, 0, 1, 0}))).containsExactly(1, 3, 1);
  }

  @Test
  void slotsThatAllHaveWeightZeroHaveEqualShares() {
    assertThat(turns(Round.of(new int[] {0, 0, 0}))).containsExactly(0, 1, 2);
  }

  @Test
  void anyWeightsAreServedInNginxsOrder() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 300; i++) {
      int greatest = 1 + random.nextInt(i % 3 == 0 ? 3 : 40);
      int[] weights = random.ints(1 + random.nextInt(30), 0, greatest + 1).toArray();
      if (Arrays.stream(weights).sum() == 0) {
        continue;
      }
      Round round = Round.of(weights);
      assertThat(turns(round))
          .as("weights %s, seed %s", Arrays.toString(weights), seed)
          .isEqualTo(nginx(weights, (int) round.length()));
    }
  }

  @Test
  void aHeavyAndALightBackendAreServedInNginxsOrder() {
    int[] weights = {1, 1_000};
    assertThat(turns(Round.of(weights))).isEqualTo(nginx(weights, 1_001));
    assertThat(shares(Round.of(new int[] {Backend.MAX_WEIGHT, 1}), 2))
        .containsExactly(Backend.MAX_WEIGHT, 1);
  }

  @Test
  void aRoundThatIsTooLongToBeWrittenDownIsExactAllTheSame() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 10; i++) {
      int[] weights = random.ints(2 + random.nextInt(200), 0, 30_000).toArray();
      weights[0] = 29_989; // a prime, so that no divisor shortens the round
      weights[1] = Backend.MAX_WEIGHT;
      Round round = Round.of(weights);
      assertThat(round).isInstanceOf(StrideRound.class);
      assertThat(shares(round, weights.length)).as("seed %s", seed).isEqualTo(weights);
    }
  }

  @Test
  void aLongRoundIsSpreadEvenlyWithinItself() {
    int[] weights = IntStream.range(0, 100).map(slot -> Backend.MAX_WEIGHT - 100 * slot).toArray();
    Round round = Round.of(weights);
    int window = 10_000;
    int[] seen = new int[weights.length];
    for (int position = 1_000_000; position < 1_000_000 + window; position++) {
      seen[round.slotAt(position)]++;
    }
    for (int slot = 0; slot < weights.length; slot++) {
      double share = (double) window * weights[slot] / Arrays.stream(weights).sum();
      assertThat((double) seen[slot]).as("slot %s", slot).isBetween(share - 4, share + 4);
    }
  }

  @Test
  void everySlotOfALongRoundHasTurnsAtItsBeginningAndAtItsEnd() {
    int[] weights = IntStream.range(0, 5_000).map(slot -> Backend.MAX_WEIGHT - slot % 2).toArray();
    Round round = Round.of(weights);
    assertThat(round.length()).isEqualTo(Arrays.stream(weights).asLongStream().sum());
    boolean[] first = new boolean[weights.length];
    boolean[] last = new boolean[weights.length];
    for (int i = 0; i < 200_000; i++) {
      first[round.slotAt(i)] = true;
      last[round.slotAt(round.length() - 1 - i)] = true;
    }
    assertThat(first).as("has one of the first turns, by slot").doesNotContain(false);
    assertThat(last).as("has one of the last turns, by slot").doesNotContain(false);
  }

  private static int[] turns(Round round) {
    return IntStream.range(0, (int) round.length()).map(round::slotAt).toArray();
  }

  private static int[] shares(Round round, int slots) {
    int[] shares = new int[slots];
    for (long position = 0; position < round.length(); position++) {
      shares[round.slotAt(position)]++;
    }
    return shares;
  }

  /** Simulates nginx step by step. */
  private static int[] nginx(int[] weights, int turns) {
    long[] current = new long[weights.length];
    int total = Arrays.stream(weights).sum();
    int[] served = new int[turns];
    for (int turn = 0; turn < turns; turn++) {
      int best = -1;
      for (int peer = 0; peer < weights.length; peer++) {
        if (weights[peer] == 0) {
          continue;
        }
        current[peer] += weights[peer];
        if (best < 0 || current[peer] > current[best]) {
          best = peer;
        }
      }
      current[best] -= total;
      served[turn] = best;
    }
    return served;
  }
}
