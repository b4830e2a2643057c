package io.upstream4j.lb.consistent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.upstream4j.api.spi.Attributes;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.BackendSnapshot;
import io.upstream4j.api.spi.Candidates;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.api.spi.Pick;
import io.upstream4j.testkit.FakeRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests to which backend keys go, how evenly they spread, and which of them move. */
final class PlacementTest {
  private static final int KEYS = 100_000;

  private static int[] counts(Balancing balancing) {
    int[] counts = new int[balancing.snapshot.size()];
    for (int key = 0; key < KEYS; key++) {
      counts[balancing.slot("/key/" + key)]++;
    }
    return counts;
  }

  private static double deviation(int[] counts) {
    double mean = Arrays.stream(counts).average().orElseThrow();
    double squares =
        Arrays.stream(counts).mapToDouble(n -> (n - mean) * (n - mean)).average().orElseThrow();
    return Math.sqrt(squares) / mean;
  }

  @Test
  void ketamaSpreadsKeysWithAStandardDeviationOfEightPercent() {
    int[] counts = counts(Balancing.over(Map.of(), Balancing.servers(100)));
    // A thousand keys per server add a random deviation of 3 %.
    assertThat(deviation(counts)).isBetween(0.05, 0.105);
    assertThat(Arrays.stream(counts).max().orElseThrow()).isLessThan(1_300);
  }

  @Test
  void theLotOfAKeyStaysTheSameAndSaysNothingOfItsServer() {
    Balancing balancing = Balancing.over(Map.of(), Balancing.servers(4));
    int[] all = new int[4];
    int[] low = new int[4];
    for (int key = 0; key < KEYS; key++) {
      FakeRequest request = FakeRequest.get("/key/" + key);
      int lot = balancing.picker.lot(request);
      assertThat(lot).isNotNegative().isEqualTo(balancing.picker.lot(request));
      int slot = balancing.slot(request.path());
      all[slot]++;
      low[slot] += lot < Integer.MAX_VALUE * 0.3 ? 1 : 0;
    }
    for (int slot = 0; slot < all.length; slot++) {
      assertThat((double) low[slot] / all[slot]).isCloseTo(0.3, within(0.02));
    }
  }

  @Test
  void maglevSpreadsKeysAsEvenlyAsChanceAllows() {
    int[] counts = counts(Balancing.over(Map.of("table", "maglev"), Balancing.servers(100)));
    assertThat(deviation(counts)).isLessThan(0.045);
  }

  @Test
  void maglevGivesEachOfAThousandServersAsManyEntries() {
    Table table = Maglev.of(serversOf(Balancing.servers(1_000)), 65_537);
    int[] entries = new int[1_000];
    for (int entry = 0; entry < table.length(); entry++) {
      entries[table.server(entry)]++;
    }
    assertThat(Arrays.stream(entries).max().orElseThrow() / 65.537).isLessThan(1.01);
    assertThat(Arrays.stream(entries).min().orElseThrow()).isGreaterThanOrEqualTo(65);
  }

  @ParameterizedTest
  @CsvSource({"ketama, 0.13", "maglev, 0.03"})
  void sharesAreByWeight(String table, double tolerance) {
    List<Backend> backends =
        IntStream.rangeClosed(1, 8)
            .mapToObj(weight -> Balancing.server("10.0.0." + weight + ":80", weight))
            .toList();
    int[] counts = counts(Balancing.over(Map.of("table", table), backends));
    for (int weight = 1; weight <= 8; weight++) {
      double expected = KEYS * weight / 36.0;
      assertThat((double) counts[weight - 1])
          .as("keys of weight %d", weight)
          .isCloseTo(expected, within(tolerance * expected + 4 * Math.sqrt(expected)));
    }
  }

  @ParameterizedTest
  @CsvSource({"ketama, 0", "maglev, 1000"})
  void removingOneOfAThousandMovesItsKeysAndAtMostOnePercentOfTheOthers(String table, int most) {
    List<Backend> backends = Balancing.servers(1_000);
    Balancing before = Balancing.over(Map.of("table", table), backends);
    List<Backend> fewer = new ArrayList<>(backends);
    Backend removed = fewer.remove(421);
    Balancing after = before.then(fewer);
    int moved = 0;
    for (int key = 0; key < KEYS; key++) {
      String was = before.endpoint("/key/" + key);
      if (!was.equals(removed.endpoint().toString())
          && !was.equals(after.endpoint("/key/" + key))) {
        moved++;
      }
    }
    assertThat(moved).isLessThanOrEqualTo(most);
  }

  @ParameterizedTest
  @ValueSource(strings = {"ketama", "maglev"})
  void anIneligibleServerMovesOnlyItsOwnKeysAndSpreadsThem(String table) {
    Balancing balancing = Balancing.over(Map.of("table", table), Balancing.servers(20));
    int[] healthy = new int[KEYS];
    for (int key = 0; key < KEYS; key++) {
      healthy[key] = balancing.slot("/key/" + key);
    }
    balancing.candidates.reject(7);
    int[] taken = new int[20];
    for (int key = 0; key < KEYS; key++) {
      int slot = balancing.slot("/key/" + key);
      if (healthy[key] == 7) {
        taken[slot]++;
      } else {
        assertThat(slot).isEqualTo(healthy[key]);
      }
    }
    taken[7] = taken[6];
    assertThat(Arrays.stream(taken).min().orElseThrow()).isPositive();
    assertThat(Arrays.stream(taken).max().orElseThrow()).isLessThan(KEYS / 20 / 4);
  }

  @ParameterizedTest
  @ValueSource(strings = {"ketama", "maglev"})
  void permutingTheServersChangesNoPick(String table) {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    List<Backend> backends = new ArrayList<>();
    for (Backend backend : Balancing.servers(200)) {
      backends.add(Balancing.server(backend.endpoint().toString(), 1 + backends.size() % 3));
    }
    int points = backends.stream().mapToInt(Backend::weight).sum() * 160;
    // nginx considers the order only among equal points.
    assertThat(points(serversOf(backends))).hasSize(points);
    List<Backend> shuffled = new ArrayList<>(backends);
    Collections.shuffle(shuffled, random);
    Balancing one = Balancing.over(Map.of("table", table), backends);
    Balancing other = Balancing.over(Map.of("table", table), shuffled);
    for (int key = 0; key < KEYS; key++) {
      assertThat(other.endpoint("/key/" + key))
          .as("seed %d", seed)
          .isEqualTo(one.endpoint("/key/" + key));
    }
  }

  @Test
  void equalPointsGoToTheServerThatIsConfiguredFirst() {
    // Enough points that some are equal, so that fewer remain than were requested.
    List<Backend> backends = Balancing.servers(2_000);
    Collections.reverse(backends);
    List<Server> servers = serversOf(backends);
    Ketama ring = Ketama.of(servers, 160);
    Map<Integer, Integer> points = points(servers);
    assertThat(points).hasSizeLessThan(320_000);
    points.forEach((point, server) -> assertThat(ring.server(ring.find(point))).isEqualTo(server));
  }

  /** A hash belongs to the next point, or to the first one if there is none above it. */
  @ParameterizedTest
  @CsvSource({"1, 1", "1, 2", "2, 1", "3, 160", "1000, 160", "40, 5000", "20000, 1", "3000, 7"})
  void everyHashHasTheServerOfTheNextPoint(int count, int pointsOfEach) {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    List<Server> servers = serversOf(Balancing.servers(count));
    Ketama ring = Ketama.of(servers, pointsOfEach);
    TreeMap<Integer, Integer> points = new TreeMap<>(Integer::compareUnsigned);
    points.putAll(points(servers, pointsOfEach));
    IntStream edges =
        points.keySet().stream().limit(2_000).flatMapToInt(p -> IntStream.of(p - 1, p, p + 1));
    IntStream.concat(
            IntStream.of(0, 1, -1, -2, Integer.MAX_VALUE, Integer.MIN_VALUE),
            IntStream.concat(edges, random.ints(KEYS)))
        .forEach(
            hash -> {
              Map.Entry<Integer, Integer> next = points.ceilingEntry(hash);
              assertThat(ring.server(ring.find(hash)))
                  .as("hash %08x, seed %d", hash, seed)
                  .isEqualTo((next == null ? points.firstEntry() : next).getValue());
            });
  }

  private static Map<Integer, Integer> points(List<Server> servers) {
    return points(servers, 160);
  }

  /**
   * Computes each point and its server from the description of the format, independently of the
   * ring.
   */
  private static Map<Integer, Integer> points(List<Server> servers, int pointsPerWeight) {
    Map<Integer, Integer> first = new HashMap<>();
    for (int i = 0; i < servers.size(); i++) {
      String text = servers.get(i).text();
      int colon = text.indexOf(':');
      int base =
          Crc32.update(
              Crc32.update(Crc32.update(Crc32.START, text.substring(0, colon)), 0),
              text.substring(colon + 1));
      int point = 0;
      for (int n = 0; n < pointsPerWeight * servers.get(i).weight(); n++) {
        point = Crc32.value(Crc32.updateLittleEndian(base, point));
        first.putIfAbsent(point, i);
      }
    }
    return first;
  }

  private static List<Server> serversOf(List<Backend> backends) {
    int[] weights = backends.stream().mapToInt(Backend::weight).toArray();
    return Server.of(new BackendSnapshot(0, backends), weights);
  }

  @ParameterizedTest
  @CsvSource({
    "ketama, 1000, 1",
    "ketama, 1000, 2",
    "ketama, 37, 5",
    "maglev, 1000, 1",
    "maglev, 1000, 2",
    "maglev, 37, 5"
  })
  void whicheverFewAreEligibleEveryKeyFindsOne(String table, int count, int eligible) {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    Balancing balancing = Balancing.over(Map.of("table", table), Balancing.servers(count));
    boolean[] accepted = new boolean[count];
    Candidates candidates = accepting(accepted);
    for (int key = 0; key < KEYS; key++) {
      if (key % 100 == 0) {
        Arrays.fill(accepted, false);
        for (int i = 0; i < eligible; i++) {
          accepted[random.nextInt(count)] = true;
        }
      }
      Pick pick = balancing.picker.pick(FakeRequest.get("/" + key), candidates);
      assertThat(pick)
          .as("seed %d", seed)
          .isInstanceOfSatisfying(Pick.To.class, to -> assertThat(accepted[to.slot()]).isTrue());
    }
  }

  private static Candidates accepting(boolean[] accepted) {
    return new Candidates() {
      @Override
      public boolean accepts(int slot) {
        return accepted[slot];
      }

      @Override
      public int inFlight(int slot) {
        return 0;
      }

      @Override
      public long latencyNanos(int slot) {
        return 0;
      }
    };
  }

  @ParameterizedTest
  @ValueSource(strings = {"ketama", "maglev"})
  void theAddressesOfOneNameShareItsKeysInTurnAndSoDoThoseLeftOfThem(String table) {
    List<Backend> backends =
        new ArrayList<>(
            List.of(
                address("api:80", "10.0.0.3"),
                address("api:80", "10.0.0.1"),
                Balancing.server("other:80", 1),
                address("api:80", "10.0.0.2")));
    Balancing balancing = Balancing.over(Map.of("table", table), backends);
    String path = null;
    for (int i = 0; path == null; i++) {
      path = balancing.slot("/" + i) == 2 ? null : "/" + i;
    }
    List<Integer> picked = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      picked.add(balancing.slot(path));
    }
    assertThat(picked.subList(0, 3)).containsExactlyInAnyOrder(0, 1, 3);
    assertThat(picked.subList(3, 6)).isEqualTo(picked.subList(0, 3));
    balancing.candidates.acceptOnly(1, 2);
    assertThat(balancing.slot(path)).isEqualTo(1);
    balancing.candidates.acceptOnly(2);
    assertThat(balancing.slot(path)).isEqualTo(2);
  }

  @Test
  void aNameWithSeveralAddressesHasNoMorePointsThanWithOne() {
    Balancing one =
        Balancing.over(
            Map.of(), List.of(address("api:80", "10.0.0.1"), Balancing.server("other:80", 1)));
    Balancing three =
        Balancing.over(
            Map.of(),
            List.of(
                address("api:80", "10.0.0.1"),
                Balancing.server("other:80", 1),
                address("api:80", "10.0.0.2"),
                address("api:80", "10.0.0.3")));
    for (int key = 0; key < 1_000; key++) {
      assertThat(three.slot("/" + key) == 1).isEqualTo(one.slot("/" + key) == 1);
    }
  }

  private static Backend address(String name, String ip) {
    return new Backend(new Endpoint(ip, 80), 1, Attributes.none().with(Attributes.SERVER, name));
  }

  @Test
  void serversTooLightForAnEntryInMaglevsTableAreUsedWhenNoOtherIsLeft() {
    List<Backend> backends = Balancing.servers(20);
    backends.set(0, Balancing.server("heavy:80", Backend.MAX_WEIGHT));
    backends.set(1, Balancing.server("heavier:80", Backend.MAX_WEIGHT));
    Balancing balancing = Balancing.over(Map.of("table", "maglev"), backends);
    for (int slot = 0; slot < 20; slot++) {
      balancing.candidates.acceptOnly(slot);
      for (int key = 0; key < 100; key++) {
        assertThat(balancing.slot("/" + key)).isEqualTo(slot);
      }
    }
  }
}
