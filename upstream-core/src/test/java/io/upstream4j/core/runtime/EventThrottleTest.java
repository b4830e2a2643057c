package io.upstream4j.core.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class EventThrottleTest {
  private final EventThrottle throttle = new EventThrottle();

  private static long seconds(int seconds) {
    return TimeUnit.SECONDS.toNanos(seconds) - 77;
  }

  @Test
  void theFirstIsHeardOfAndThenAsManyAsThereWereInTenSeconds() {
    assertThat(throttle.count(seconds(0))).isTrue();
    assertThat(throttle.announce()).isEqualTo(1);
    for (int i = 1; i < 10; i++) {
      assertThat(throttle.count(seconds(i))).isFalse();
    }
    assertThat(throttle.count(seconds(10))).isTrue();
    assertThat(throttle.count(seconds(10))).as("by one task").isFalse();
    assertThat(throttle.announce()).isEqualTo(11);
    assertThat(throttle.sum()).isEqualTo(12);
  }
}
