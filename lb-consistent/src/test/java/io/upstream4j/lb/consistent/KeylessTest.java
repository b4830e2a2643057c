package io.upstream4j.lb.consistent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.upstream4j.api.spi.Backend;
import io.upstream4j.testkit.FakeRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Requests without the key, which are balanced in rotation. */
final class KeylessTest {
  private static final FakeRequest KEYLESS = FakeRequest.get("/");

  private static int[] counts(Balancing balancing, int picks) {
    int[] counts = new int[balancing.snapshot.size()];
    for (int i = 0; i < picks; i++) {
      counts[balancing.slot(KEYLESS)]++;
    }
    return counts;
  }

  @Test
  void theyGoToAllBackendsInTurnAndAreCounted() {
    Balancing balancing = Balancing.over(Map.of("key", "cookie:sid"), Balancing.servers(5));
    List<Integer> picked = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      picked.add(balancing.slot(KEYLESS));
    }
    assertThat(picked).containsExactly(0, 1, 2, 3, 4, 0, 1, 2, 3, 4);
    balancing.slot(KEYLESS.withCookie("sid", "abc"));
    assertThat(balancing.balancer.counters()).isEqualTo(Map.of("absent_keys", 10L));
  }

  @Test
  void aChangeOfTheSetDoesNotStartTheRoundOver() {
    Balancing balancing = Balancing.over(Map.of("key", "cookie:sid"), Balancing.servers(5));
    assertThat(balancing.slot(KEYLESS)).isEqualTo(0);
    assertThat(balancing.slot(KEYLESS)).isEqualTo(1);
    assertThat(balancing.then(Balancing.servers(6)).slot(KEYLESS)).isEqualTo(2);
  }

  @Test
  void sharesAreByWeight() {
    List<Backend> backends =
        List.of(
            Balancing.server("a:80", 1),
            Balancing.server("b:80", 1_000),
            Balancing.server("c:80", 2));
    int[] counts = counts(Balancing.over(Map.of("key", "cookie:sid"), backends), 100_300);
    assertThat(counts[0]).isBetween(98, 102);
    assertThat(counts[2]).isBetween(197, 203);
  }

  @Test
  void theShareOfADeadBackendIsSpreadOverTheOthersByWeight() {
    Balancing equal = Balancing.over(Map.of("key", "cookie:sid"), Balancing.servers(5));
    equal.candidates.reject(2);
    int[] counts = counts(equal, 20_000);
    for (int slot : new int[] {0, 1, 3, 4}) {
      assertThat(counts[slot]).isCloseTo(5_000, within(200));
    }
    Balancing weighted =
        Balancing.over(
            Map.of("key", "cookie:sid"),
            List.of(
                Balancing.server("a:80", 3),
                Balancing.server("b:80", 1_000),
                Balancing.server("c:80", 1)));
    weighted.candidates.reject(1);
    int[] left = counts(weighted, 20_000);
    assertThat(left[0]).isCloseTo(15_000, within(400));
    assertThat(left[2]).isCloseTo(5_000, within(400));
  }
}
