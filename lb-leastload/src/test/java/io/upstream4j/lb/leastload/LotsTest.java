package io.upstream4j.lb.leastload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LotsTest {
  @Test
  void slotsAreDrawnByWeight() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 20; i++) {
      int[] weights = random.ints(1 + random.nextInt(20), 0, 1 + random.nextInt(100)).toArray();
      weights[0] = 7;
      Lots lots = new Lots(weights);
      int[] drawn = new int[weights.length];
      for (int pick = 0; pick < 50_000; pick++) {
        long pickSeed = random.nextLong();
        for (int draw = 0; draw < 4; draw++) {
          drawn[lots.slot(pickSeed, draw)]++;
        }
      }
      double total = Arrays.stream(weights).sum();
      for (int slot = 0; slot < weights.length; slot++) {
        assertThat(drawn[slot] / 200_000.0)
            .as("share of %s in %s, seed %s", slot, Arrays.toString(weights), seed)
            .isCloseTo(weights[slot] / total, within(weights[slot] == 0 ? 0 : 0.01));
      }
    }
  }

  @Test
  void theFirstAndTheLastNumbersDrawSlotsThatExist() {
    int[] weights = {0, 65_535, 1, 0};
    Lots lots = new Lots(weights);
    for (int draw = 0; draw < 100_000; draw++) {
      assertThat(lots.slot(-draw, draw)).isBetween(1, 2);
    }
  }

  @Test
  void whatWasDrawnIsKnownLater() {
    Lots lots = new Lots(new int[] {1, 2, 3, 4, 5});
    long seed = 42;
    int first = lots.slot(seed, 0);
    int second = lots.slot(seed, 1);
    assertThat(lots.isDrawn(seed, 0, first)).isFalse();
    assertThat(lots.isDrawn(seed, 1, first)).isTrue();
    assertThat(lots.isDrawn(seed, 2, second)).isTrue();
    assertThat(lots.nextDrawn(seed, 2, -1)).isEqualTo(Math.min(first, second));
    assertThat(lots.nextDrawn(seed, 2, Math.max(first, second))).isEqualTo(5);
  }
}
