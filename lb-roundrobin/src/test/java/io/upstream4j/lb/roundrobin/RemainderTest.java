package io.upstream4j.lb.roundrobin;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class RemainderTest {
  @Test
  void itIsWhatDivisionLeavesAtTheEdges() {
    long[] divisors = {
      1, 2, 3, 4, 5, 7, 8, 65_535, 65_536, 65_537, Integer.MAX_VALUE, 1L << 31, (1L << 47) - 1
    };
    for (long divisor : divisors) {
      Remainder remainder = new Remainder(divisor);
      long[] values = {
        0,
        1,
        divisor - 1,
        divisor,
        divisor + 1,
        2 * divisor - 1,
        2 * divisor,
        Integer.MAX_VALUE,
        1L << 31,
        Long.MAX_VALUE - 1,
        Long.MAX_VALUE,
        Long.MAX_VALUE / divisor * divisor,
        Long.MAX_VALUE / divisor * divisor - 1
      };
      for (long value : values) {
        assertThat(remainder.of(value)).as("%s mod %s", value, divisor).isEqualTo(value % divisor);
      }
    }
  }

  @Test
  void itIsWhatDivisionLeavesForAnyNumbers() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 200_000; i++) {
      long divisor = 1 + (random.nextLong() >>> (17 + random.nextInt(46)));
      long value = random.nextLong() >>> (1 + random.nextInt(62));
      assertThat(new Remainder(divisor).of(value))
          .as("%s mod %s, seed %s", value, divisor, seed)
          .isEqualTo(value % divisor);
    }
  }
}
