package io.upstream4j.lb.consistent;

import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.api.spi.Backend;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class BoundedLoadTest {
  /** Half of the requests have the same key. They end in random order. */
  @ParameterizedTest
  @CsvSource({"ketama, 125", "ketama, 100", "maglev, 125", "maglev, 200"})
  void withAHotKeyNoBackendHoldsMoreThanItsPartOfTheAverage(String table, int factor) {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    List<Backend> backends =
        IntStream.rangeClosed(1, 10)
            .mapToObj(i -> Balancing.server("10.0.0." + i + ":80", 1 + i % 3))
            .toList();
    int weights = backends.stream().mapToInt(Backend::weight).sum();
    Balancing balancing =
        Balancing.over(Map.of("table", table, "balance_factor", factor), backends);
    int[] inFlight = new int[10];
    List<Integer> running = new ArrayList<>();
    for (int i = 0; i < 50_000; i++) {
      if (running.size() == 400 || (!running.isEmpty() && random.nextInt(5) < 2)) {
        int ended = running.remove(random.nextInt(running.size()));
        balancing.candidates.withInFlight(ended, --inFlight[ended]);
      }
      int slot = balancing.slot(random.nextBoolean() ? "/hot" : "/" + random.nextInt());
      running.add(slot);
      balancing.candidates.withInFlight(slot, ++inFlight[slot]);
      double share = running.size() * (double) backends.get(slot).weight() / weights;
      assertThat(inFlight[slot])
          .as("seed %d: in flight on %s of %d", seed, backends.get(slot), running.size())
          .isLessThanOrEqualTo((int) Math.ceil(factor * share / 100));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"ketama", "maglev"})
  void aKeyStaysWhereItBelongsWhileThereIsRoom(String table) {
    Balancing free = Balancing.over(Map.of("table", table), Balancing.servers(10));
    Balancing bound =
        Balancing.over(Map.of("table", table, "balance_factor", 125), Balancing.servers(10));
    for (int slot = 0; slot < 10; slot++) {
      bound.candidates.withInFlight(slot, 100);
    }
    for (int key = 0; key < 1_000; key++) {
      assertThat(bound.slot("/" + key)).isEqualTo(free.slot("/" + key));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"ketama", "maglev"})
  void theDeadTakeNoRoomFromTheLiving(String table) {
    Balancing free = Balancing.over(Map.of("table", table), Balancing.servers(10));
    Balancing bound =
        Balancing.over(Map.of("table", table, "balance_factor", 125), Balancing.servers(10));
    free.candidates.acceptOnly(1, 4, 5, 9);
    bound.candidates.acceptOnly(1, 4, 5, 9);
    for (int slot : new int[] {1, 4, 5, 9}) {
      bound.candidates.withInFlight(slot, 100);
    }
    for (int key = 0; key < 1_000; key++) {
      assertThat(bound.slot("/" + key)).isEqualTo(free.slot("/" + key));
    }
  }

  @Test
  void whenAllThatAreEligibleAreFullTheLeastLoadedTakesTheRequest() {
    Balancing balancing =
        Balancing.over(
            Map.of("balance_factor", 125),
            List.of(
                Balancing.server("a:80", 1),
                Balancing.server("b:80", 4),
                Balancing.server("c:80", 1),
                Balancing.server("d:80", 1)));
    balancing.candidates.withInFlight(0, 20).withInFlight(1, 60).withInFlight(2, 30);
    balancing.candidates.tried(3);
    int[] counts = new int[4];
    for (int key = 0; key < 100; key++) {
      counts[balancing.slot("/" + key)]++;
    }
    assertThat(Arrays.stream(counts).boxed()).startsWith(0, 100);
  }

  @Test
  void requestsOnADrainingBackendGiveTheOthersNoMoreRoom() {
    Balancing balancing =
        Balancing.over(
            Map.of("balance_factor", 100),
            List.of(
                Balancing.server("a:80", 1),
                Balancing.server("b:80", 1),
                Balancing.server("c:80", 0)));
    balancing.candidates.withInFlight(0, 1).withInFlight(2, 1_000);
    for (int key = 0; key < 100; key++) {
      assertThat(balancing.slot("/" + key)).isEqualTo(1);
    }
  }
}
