package io.upstream4j.core.backends;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.upstream4j.core.backends.RetryBudget.Grant;
import io.upstream4j.core.config.RetryConfig;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RetryBudgetTest {
  private static final long SECOND = 1_000_000_000;

  private final AtomicLong requests = new AtomicLong();
  private final AtomicLong inFlight = new AtomicLong();
  private long now = 77;

  private RetryBudget budget(int percent, int perSecond) {
    return new RetryBudget(
        new RetryConfig(3, percent, perSecond), requests::get, inFlight::get, now);
  }

  private int takeAll(RetryBudget budget) {
    int taken = 0;
    while (taken < 1_000_000 && budget.take(now) != Grant.NONE) {
      taken++;
    }
    return taken;
  }

  @Test
  void aShareOfTheRequestsInFlightMayBeRetries() {
    RetryBudget budget = budget(20, 0);
    inFlight.set(99); // and the one that asks
    assertThat(takeAll(budget)).isEqualTo(20);
    assertThat(budget.retrying()).isEqualTo(20);
    budget.giveBack();
    assertThat(budget.take(now)).isEqualTo(Grant.SHARE);
    assertThat(budget.take(now)).isEqualTo(Grant.NONE);
    inFlight.set(0);
    budget.giveBack();
    assertThat(budget.take(now)).as("fewer in flight").isEqualTo(Grant.NONE);
  }

  @Test
  void oneHungBackendOfThreeNeverExhaustsTheDefaults() {
    RetryBudget budget = budget(20, 10);
    // 200 requests a second for a minute; each third hangs for 30 s, and its retry takes 5 ms.
    int refused = 0;
    for (int millis = 0; millis < 60_000; millis += 5) {
      requests.incrementAndGet();
      now += SECOND / 200;
      inFlight.set(1 + Math.min(millis, 30_000) / 5 / 3);
      if (millis >= 30_000 && millis % 15 == 0) {
        Grant grant = budget.take(now);
        refused += grant == Grant.NONE ? 1 : 0;
        if (grant == Grant.SHARE) {
          budget.giveBack();
        }
      }
    }
    assertThat(refused).isZero();
  }

  @Test
  void whereAllBackendsHangRetriesStayAFewOfTheRequests() {
    RetryBudget budget = budget(20, 10);
    // 200 requests a second, each hangs for 2 s and then asks; its retry hangs for 2 s as well.
    int asked = 0;
    int allowed = 0;
    Queue<Long> ends = new ArrayDeque<>();
    for (int i = 0; i < 12_000; i++) {
      requests.incrementAndGet();
      now += SECOND / 200;
      while (!ends.isEmpty() && ends.peek() <= now) {
        ends.remove();
        budget.giveBack();
      }
      inFlight.set(400 + budget.retrying());
      if (i >= 400) {
        asked++;
        Grant grant = budget.take(now);
        allowed += grant == Grant.NONE ? 0 : 1;
        if (grant == Grant.SHARE) {
          ends.add(now + 2 * SECOND);
        }
      }
    }
    assertThat(allowed * 100 / asked).isBetween(20, 50);
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
      taken += budget.take(now) == Grant.NONE ? 0 : 1;
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
    long taken =
        IntStream.range(0, 8_000).parallel().filter(i -> budget.take(now) != Grant.NONE).count();
    assertThat(taken).isEqualTo(1_000);
  }
}
