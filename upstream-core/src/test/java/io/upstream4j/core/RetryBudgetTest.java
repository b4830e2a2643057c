package io.upstream4j.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.upstream4j.core.config.RetryConfig;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RetryBudgetTest {
  private static final long SECOND = 1_000_000_000;

  private final AtomicLong requests = new AtomicLong();
  private long now = 77;

  private RetryBudget budget(int percent, int perSecond) {
    return new RetryBudget(new RetryConfig(3, percent, perSecond), requests::get, now);
  }

  private int takeAll(RetryBudget budget) {
    int taken = 0;
    while (taken < 1_000_000 && budget.take(now)) {
      taken++;
    }
    return taken;
  }

  @Test
  void whateverTheTrafficSomeRetriesAreAllowedEachSecond() {
    RetryBudget budget = budget(0, 3);
    assertThat(takeAll(budget)).isEqualTo(3);
    now += SECOND / 3;
    assertThat(takeAll(budget)).isLessThanOrEqualTo(1);
    now += 100 * SECOND;
    assertThat(takeAll(budget)).as("not saved up").isEqualTo(3);
  }

  @Test
  void steadyTrafficAffordsItsShare() {
    RetryBudget budget = budget(20, 0);
    int taken = 0;
    for (int i = 0; i < 10_000; i++) {
      requests.incrementAndGet();
      now += SECOND / 1_000;
      taken += budget.take(now) ? 1 : 0;
    }
    assertThat(taken).isCloseTo(2_000, within(20));
  }

  @Test
  void aLongCalmSavesUpNoMoreThanTenSecondsWorth() {
    RetryBudget budget = budget(20, 0);
    requests.addAndGet(3_600 * 100);
    now += 3_600 * SECOND; // 100 requests a second for an hour
    assertThat(takeAll(budget)).isCloseTo(200, within(1));
  }

  @Test
  void noTrafficAndNoReserveAffordNothing() {
    assertThat(takeAll(budget(20, 0))).isZero();
    assertThat(takeAll(budget(0, 0))).isZero();
  }

  @Test
  void whatIsTakenByManyThreadsIsTakenOnce() {
    RetryBudget budget = budget(10, 0);
    requests.addAndGet(10_000);
    long taken = IntStream.range(0, 8_000).parallel().filter(i -> budget.take(now)).count();
    assertThat(taken).isEqualTo(1_000);
  }
}
