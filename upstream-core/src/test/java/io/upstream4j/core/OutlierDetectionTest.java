package io.upstream4j.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.groups.Tuple.tuple;

import io.upstream4j.api.option.StatusRange;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.core.backends.Circuit;
import io.upstream4j.core.config.BreakerConfig;
import io.upstream4j.core.config.SuccessRateConfig;
import io.upstream4j.core.event.UpstreamEvent.BackendEjected;
import io.upstream4j.core.event.UpstreamEvent.BackendReturned;
import io.upstream4j.core.stats.CircuitState;
import io.upstream4j.testkit.Allocations;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A backend that does much worse than the others of its upstream is left alone for a while. */
class OutlierDetectionTest {
  private static final Duration INTERVAL = Duration.ofSeconds(60);
  private static final Duration OPEN = Duration.ofSeconds(10);

  private final World world = new World();
  private final Map<Backend, Integer> failuresOfTen = new HashMap<>();
  private final Map<Backend, Integer> given = new HashMap<>();
  private List<Backend> backends = List.of();

  private static BreakerConfig breaker(SuccessRateConfig rate, Duration interval, int ejected) {
    return new BreakerConfig(
        false,
        OptionalInt.empty(),
        OptionalInt.empty(),
        10,
        Optional.of(rate),
        interval,
        List.of(new StatusRange(500, 599)),
        OPEN,
        3,
        ejected);
  }

  private static BreakerConfig breaker(double factor) {
    return breaker(new SuccessRateConfig(factor, 5, 20), INTERVAL, 50);
  }

  private void start(BreakerConfig breaker, int count) {
    backends =
        IntStream.rangeClosed(1, count).mapToObj(i -> Backend.of("10.0.0." + i, 80)).toList();
    world.apply(world.setup().withBreaker(breaker));
    world.find(backends.toArray(Backend[]::new));
  }

  private Backend backend(int index) {
    return backends.get(index);
  }

  /** Sends that many requests to each backend that takes any; returns how many the first got. */
  private int sendToEach(int count) {
    int before = given.getOrDefault(backend(0), 0);
    for (int i = 0; i < count * backends.size(); i++) {
      try (Exchange exchange = world.api().begin(EmptyRequest.INSTANCE)) {
        Backend backend = exchange.newHttpPeer().backend();
        int number = given.merge(backend, 1, Integer::sum);
        boolean fails = number % 10 < failuresOfTen.getOrDefault(backend, 0);
        exchange.succeeded(fails ? 503 : 200);
      }
      world.time.runReady();
    }
    return given.getOrDefault(backend(0), 0) - before;
  }

  private List<BackendEjected> ejections() {
    return world.events(BackendEjected.class);
  }

  @Test
  void aBackendFarBelowTheMeanIsEjectedAtTheEndOfTheInterval() {
    start(breaker(1.9), 5);
    failuresOfTen.put(backend(0), 3);
    sendToEach(100);
    world.advance(INTERVAL.minusMillis(1));
    assertThat(ejections()).isEmpty();

    world.advance(Duration.ofMillis(1));
    // Rates of 70, 100, 100, 100 and 100.
    assertThat(ejections())
        .containsExactly(
            new BackendEjected(
                "api",
                backend(0).endpoint(),
                OPEN,
                "70.0 % of its requests went well, below 71.2 %: the mean of 5 backends is 94.0 %,"
                    + " the standard deviation 12.0 %"));
    assertThat(world.stats(backend(0)).circuit()).isEqualTo(CircuitState.OPEN);
    assertThat(sendToEach(20)).isZero();
  }

  @Test
  void withinTheFactorNobodyIsEjected() {
    start(breaker(2.01), 5); // of five backends none lies further below than two deviations
    failuresOfTen.put(backend(0), 10);
    sendToEach(100);
    world.advance(INTERVAL);
    assertThat(ejections()).isEmpty();
  }

  @Test
  void whenAllDoEquallyBadlyNobodyIsAnOutlier() {
    start(breaker(0.1), 5);
    backends.forEach(backend -> failuresOfTen.put(backend, 9));
    sendToEach(100);
    world.advance(INTERVAL);
    assertThat(ejections()).isEmpty();
  }

  @Test
  void withTooFewBackendsNobodyIsCompared() {
    start(breaker(1), 4);
    failuresOfTen.put(backend(0), 10);
    sendToEach(100);
    world.advance(INTERVAL);
    assertThat(ejections()).isEmpty();
  }

  @Test
  void backendsWithTooFewRequestsAreNotCompared() {
    start(breaker(1), 5);
    failuresOfTen.put(backend(0), 10);
    sendToEach(19);
    world.advance(INTERVAL);
    assertThat(ejections()).isEmpty();

    sendToEach(19); // counted anew
    world.advance(INTERVAL);
    assertThat(ejections()).isEmpty();

    sendToEach(20);
    world.advance(INTERVAL);
    assertThat(ejections()).hasSize(1);
  }

  @Test
  void whatWasBeforeTheIntervalIsForgotten() {
    start(breaker(1), 5);
    failuresOfTen.put(backend(0), 10);
    sendToEach(19);
    world.advance(INTERVAL);
    failuresOfTen.clear();
    sendToEach(100);
    world.advance(INTERVAL);
    assertThat(ejections()).isEmpty();
  }

  @Test
  void theCapHoldsForOutliersToo() {
    start(breaker(new SuccessRateConfig(1, 5, 20), INTERVAL, 10), 10);
    failuresOfTen.put(backend(0), 10);
    failuresOfTen.put(backend(1), 10);
    sendToEach(20);
    world.advance(INTERVAL);
    assertThat(ejections()).as("one of ten").hasSize(1);
    assertThat(world.stats(backend(1)).circuit()).isEqualTo(CircuitState.CLOSED);
  }

  @Test
  void anOutlierReturnsByGoodRequestsAndStaysAwayLongerWhenItFailsAgain() {
    start(breaker(1.9), 5);
    failuresOfTen.put(backend(0), 10);
    sendToEach(20);
    world.advance(INTERVAL);
    world.advance(OPEN);
    assertThat(sendToEach(4)).as("half open, and failing").isEqualTo(1);
    assertThat(ejections())
        .extracting(BackendEjected::open, BackendEjected::reason)
        .last()
        .isEqualTo(tuple(OPEN.multipliedBy(2), "the request that tried it failed"));

    failuresOfTen.clear();
    world.advance(OPEN.multipliedBy(2));
    sendToEach(10);
    assertThat(world.events(BackendReturned.class)).hasSize(1);
  }

  @Test
  void anEjectedBackendIsNotComparedAgain() {
    start(breaker(new SuccessRateConfig(1.9, 5, 1), Duration.ofSeconds(4), 50), 6);
    failuresOfTen.put(backend(0), 10);
    sendToEach(20);
    world.advance(Duration.ofSeconds(4));
    assertThat(ejections()).hasSize(1);
    sendToEach(20);
    world.advance(Duration.ofSeconds(4));
    assertThat(ejections()).hasSize(1);
  }

  @Test
  void aReloadChangesTheIntervalAndEndsTheComparison() {
    start(breaker(1.9), 5);
    failuresOfTen.put(backend(0), 10);
    BreakerConfig often = breaker(new SuccessRateConfig(1.9, 5, 20), Duration.ofSeconds(5), 50);
    world.apply(world.setup().withVersion(2).withBreaker(often));
    world.find(backends.toArray(Backend[]::new));
    sendToEach(20);
    world.advance(Duration.ofSeconds(5));
    assertThat(ejections()).hasSize(1);

    world.apply(world.setup().withVersion(3));
    world.find(backends.toArray(Backend[]::new));
    sendToEach(20);
    world.advance(INTERVAL.multipliedBy(3));
    assertThat(ejections()).hasSize(1);
    assertThat(world.time.pending()).as("timers").isZero();
  }

  @Test
  void itEjectsWhomAPlainReadingOfTheFormulaEjects() {
    long seed = System.nanoTime();
    System.out.println("seed of the success rates: " + seed);
    Random random = new Random(seed);
    for (int round = 0; round < 50; round++) {
      World fresh = new World();
      int count = 5 + random.nextInt(20);
      double factor = 0.5 + random.nextInt(20) / 10.0;
      List<Backend> found = new ArrayList<>();
      Map<Backend, Integer> bad = new HashMap<>();
      for (int i = 1; i <= count; i++) {
        Backend backend = Backend.of("10.0.1." + i, 80);
        found.add(backend);
        bad.put(backend, random.nextInt(20));
      }
      fresh.apply(
          fresh.setup().withBreaker(breaker(new SuccessRateConfig(factor, 5, 20), INTERVAL, 100)));
      fresh.find(found.toArray(Backend[]::new));
      Map<Backend, Integer> sent = new HashMap<>();
      for (int i = 0; i < 20 * count; i++) {
        try (Exchange exchange = fresh.api().begin(EmptyRequest.INSTANCE)) {
          Backend backend = exchange.newHttpPeer().backend();
          exchange.succeeded(sent.merge(backend, 1, Integer::sum) <= bad.get(backend) ? 500 : 200);
        }
      }
      fresh.advance(INTERVAL);

      double[] rates = found.stream().mapToDouble(b -> 100 - 5.0 * bad.get(b)).toArray();
      double mean = Arrays.stream(rates).average().orElseThrow();
      double variance = Arrays.stream(rates).map(r -> (r - mean) * (r - mean)).sum() / rates.length;
      double least = mean - factor * Math.sqrt(variance);
      assertThat(fresh.events(BackendEjected.class))
          .as("seed %d round %d", seed, round)
          .extracting(BackendEjected::endpoint)
          .containsExactlyInAnyOrderElementsOf(
              IntStream.range(0, count)
                  .filter(i -> rates[i] < least - 1e-9)
                  .mapToObj(i -> found.get(i).endpoint())
                  .toList());
    }
  }

  @Test
  void countingAllocatesNothing() {
    BreakerConfig config = breaker(1.9);
    Circuit circuit = new Circuit();
    assertThat(
            Allocations.leastBytesOf(
                () -> {
                  for (int i = 0; i < 1_000; i++) {
                    circuit.succeeded(config, false, 1);
                    circuit.failed(config, false, 1);
                  }
                }))
        .isZero();
  }

  @Test
  void limitsThatMeanNothingAreRefused() {
    assertThatThrownBy(() -> new SuccessRateConfig(0, 5, 100)).hasMessageContaining("factor: 0.0");
    assertThatThrownBy(() -> new SuccessRateConfig(1, 1, 100)).hasMessageContaining("from 2");
    assertThatThrownBy(() -> new SuccessRateConfig(1, 5, 0)).hasMessageContaining("from 1");
  }
}
