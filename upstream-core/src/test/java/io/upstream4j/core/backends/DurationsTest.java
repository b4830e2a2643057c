package io.upstream4j.core.backends;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.upstream4j.core.stats.Durations;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DurationsTest {
  private static final long TOP = Duration.ofNanos(104_857_600_000L).toNanos();

  @Test
  void theBoundsGrowAndEachOctaveHasFour() {
    assertThat(Durations.boundNanos(0)).isEqualTo(25_000);
    assertThat(Durations.boundNanos(3)).isEqualTo(100_000);
    assertThat(Durations.boundNanos(4)).isEqualTo(125_000);
    assertThat(Durations.boundNanos(7)).isEqualTo(200_000);
    assertThat(Durations.boundNanos(Durations.BUCKETS - 2)).isEqualTo(TOP);
    assertThat(Durations.boundNanos(Durations.BUCKETS - 1)).isEqualTo(Long.MAX_VALUE);
    for (int i = 5; i < Durations.BUCKETS - 1; i++) {
      long width = Durations.boundNanos(i) - Durations.boundNanos(i - 1);
      assertThat(width).isPositive().isLessThanOrEqualTo(Durations.boundNanos(i - 1) / 4);
    }
  }

  @Test
  void aDurationIsInTheFirstBucketWhoseBoundIsNotBelowIt() {
    for (int i = 0; i < Durations.BUCKETS - 1; i++) {
      assertThat(Durations.bucket(Durations.boundNanos(i))).as("bound of %d", i).isEqualTo(i);
      assertThat(Durations.bucket(Durations.boundNanos(i) + 1)).isEqualTo(i + 1);
    }
    assertThat(Durations.bucket(0)).isZero();
    assertThat(Durations.bucket(Long.MAX_VALUE)).isEqualTo(Durations.BUCKETS - 1);
  }

  @Test
  void quantilesAreWithinAQuarterOfTheTruth() {
    DurationHistogram histogram = new DurationHistogram(1);
    for (int i = 1; i <= 1_000; i++) {
      histogram.add(Duration.ofMillis(i).toNanos());
    }
    Durations read = histogram.read();
    assertThat(read.count()).isEqualTo(1_000);
    assertThat(read.sumNanos()).isEqualTo(Duration.ofMillis(500_500).toNanos());
    assertThat(read.quantileNanos(0.5)).isBetween(375_000_000L, 625_000_000L);
    assertThat(read.quantileNanos(0.99)).isBetween(742_500_000L, 1_237_500_000L);
    assertThat(read.quantileNanos(1)).isBetween(1_000_000_000L, 1_250_000_000L);
  }

  @Test
  void withoutADurationThereIsNoQuantileAndWhatIsBeyondTheBoundsCountsAsTheLast() {
    DurationHistogram histogram = new DurationHistogram(1);
    assertThat(histogram.read().quantileNanos(0.99)).isZero();
    histogram.add(Duration.ofHours(1).toNanos());
    assertThat(histogram.read().quantileNanos(0.5)).isEqualTo(TOP);
    assertThatThrownBy(() -> histogram.read().quantileNanos(0))
        .hasMessage("part: 0.0 (expected: above 0, at most 1)");
    assertThatThrownBy(() -> new Durations(List.of(1L), 0)).hasMessage("counts: 1 (expected: 85)");
  }

  @Test
  void nothingIsLostAmongManyThreads() throws InterruptedException {
    DurationHistogram histogram = new DurationHistogram(4);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      Thread thread =
          new Thread(
              () -> {
                for (int n = 0; n < 10_000; n++) {
                  histogram.add(n);
                }
              });
      threads.add(thread);
      thread.start();
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(histogram.read().count()).isEqualTo(80_000);
    assertThat(histogram.read().sumNanos()).isEqualTo(8 * 49_995_000L);
  }
}
