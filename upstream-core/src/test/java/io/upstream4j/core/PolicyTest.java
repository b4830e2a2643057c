package io.upstream4j.core;

import static io.upstream4j.core.World.A;
import static io.upstream4j.core.World.B;
import static io.upstream4j.core.World.C;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.upstream4j.api.spi.Attributes;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.BackendSnapshot;
import io.upstream4j.api.spi.Candidates;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.api.spi.Pick;
import io.upstream4j.api.spi.Picker;
import io.upstream4j.api.spi.RequestView;
import io.upstream4j.core.config.PolicyConfig;
import io.upstream4j.core.config.PolicyConfig.AllDown;
import io.upstream4j.core.event.UpstreamEvent.HealthIgnored;
import io.upstream4j.core.event.UpstreamEvent.HealthRespected;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.peer.PeerException.Failure;
import io.upstream4j.core.stats.Refusal;
import io.upstream4j.testkit.FakeRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What holds for picks whatever the strategy: the balancer here knows nothing of it. */
class PolicyTest {
  private static final int REQUESTS = 20_000;

  private final World world = new World();

  private void start(PolicyConfig policy, Backend... backends) {
    world.apply(world.setup().withPolicy(policy).withChecker(world.checker).withThresholds(1, 1));
    world.find(backends);
    world.rounds(2);
  }

  private static Backend backend(int number, int priority, String zone) {
    return new Backend(
        new Endpoint("10.0." + priority + "." + number, 80),
        1,
        Attributes.none().with(Attributes.PRIORITY, priority).with(Attributes.ZONE, zone));
  }

  private static PolicyConfig policy(
      Optional<String> zone, int overprovisioning, int panic, AllDown allDown) {
    return new PolicyConfig(
        Optional.empty(), 1, OptionalInt.empty(), zone, overprovisioning, panic, allDown);
  }

  private static PolicyConfig atMost(int requests) {
    return new PolicyConfig(
        Optional.empty(), 1, OptionalInt.of(requests), Optional.empty(), 140, 0, AllDown.FAIL);
  }

  private static PolicyConfig slowly(Duration window, double aggression) {
    return new PolicyConfig(
        Optional.of(window),
        aggression,
        OptionalInt.empty(),
        Optional.empty(),
        140,
        0,
        AllDown.FAIL);
  }

  private void turn(boolean healthy, Backend... backends) {
    for (Backend backend : backends) {
      if (healthy) {
        world.checker.sick.remove(backend);
      } else {
        world.checker.sick.add(backend);
      }
    }
    world.rounds(2);
  }

  /** The part of the requests that go to any of these. */
  private double share(Backend... backends) {
    Set<Backend> these = new HashSet<>(List.of(backends));
    long hits = world.picks(REQUESTS).stream().filter(these::contains).count();
    return (double) hits / REQUESTS;
  }

  @Test
  void theSecondTierGetsNothingWhileTheFirstIsHealthyEnough() {
    Backend spare = backend(9, 1, "a");
    Backend[] first = {
      backend(1, 0, "a"), backend(2, 0, "a"), backend(3, 0, "a"), backend(4, 0, "a")
    };
    start(PolicyConfig.NONE, first[0], first[1], first[2], first[3], spare);

    assertThat(share(spare)).isZero();

    turn(false, first[0]); // 3 of 4, times 1.4, is more than all
    assertThat(share(spare)).isZero();
    assertThat(share(first[0])).isZero();
  }

  @Test
  void loadsAreComparedWithThoseOfTheHealthyBackendsOfTheSameTier() {
    List<String> seen = new ArrayList<>();
    List<Backend> backends = new ArrayList<>();
    world.balancer.twist =
        picker ->
            (request, candidates) -> {
              BackendSnapshot snapshot = new BackendSnapshot(0, backends);
              seen.add(
                  candidates.weightTotal(snapshot)
                      + " "
                      + candidates.inFlightTotal(snapshot.size()));
              return picker.pick(request, candidates);
            };
    Backend one = backend(1, 0, "a");
    Backend two = backend(2, 0, "a");
    Backend three = backend(3, 0, "a");
    Backend four = backend(4, 0, "a");
    Backend spare = backend(9, 1, "a");
    backends.addAll(List.of(one, two, three, four, spare));
    start(PolicyConfig.NONE, one, two, three, four, spare);
    world.api().begin(FakeRequest.get("/")).newHttpPeer();
    world.api().begin(FakeRequest.get("/")).newHttpPeer();
    turn(false, one); // 3 of 4, times 1.4, is more than all: nothing spills over
    world.api().begin(FakeRequest.get("/")).newHttpPeer();
    backends.remove(spare); // no tiers any more
    world.find(one, two, three, four);
    world.api().begin(FakeRequest.get("/")).newHttpPeer();

    assertThat(seen).containsExactly("4 0", "4 1", "3 2", "3 3");
  }

  @Test
  void whatATierCannotTakeSpillsOver() {
    Backend spare = backend(9, 1, "a");
    Backend[] first = {
      backend(1, 0, "a"), backend(2, 0, "a"), backend(3, 0, "a"), backend(4, 0, "a")
    };
    start(PolicyConfig.NONE, first[0], first[1], first[2], first[3], spare);

    turn(false, first[0], first[1]); // 1.4 * 2/4 = 0.7
    assertThat(share(spare)).isCloseTo(0.3, within(0.02));

    turn(false, first[2]); // 1.4 * 1/4 = 0.35
    assertThat(share(spare)).isCloseTo(0.65, within(0.02));

    turn(false, first[3]);
    assertThat(share(spare)).isEqualTo(1);

    turn(true, first);
    assertThat(share(spare)).isZero();
  }

  @Test
  void aStrategyMayKeepEqualRequestsInOneTier() {
    world.balancer.twist = PathLot::new;
    Backend spare = backend(9, 1, "a");
    Backend[] first = {backend(1, 0, "a"), backend(2, 0, "a")};
    start(PolicyConfig.NONE, first[0], first[1], spare);
    turn(false, first[0]); // 0.7 stay

    int spilled = 0;
    for (int path = 0; path < 2_000; path++) {
      FakeRequest request = FakeRequest.get("/" + path);
      Backend backend = world.api().newHttpPeer(request).backend();
      spilled += backend.equals(spare) ? 1 : 0;
      assertThat(world.api().newHttpPeer(request).backend()).isEqualTo(backend);
    }
    assertThat(spilled / 2_000.0).isCloseTo(0.3, within(0.04));
  }

  /** Draws by the path. */
  private record PathLot(Picker picker) implements Picker {
    @Override
    public Pick pick(RequestView request, Candidates candidates) {
      return picker.pick(request, candidates);
    }

    @Override
    public int lot(RequestView request) {
      return new SplittableRandom(request.path().hashCode()).nextInt(Integer.MAX_VALUE);
    }
  }

  @Test
  void tiersThatTogetherCannotTakeEverythingShareInProportion() {
    Backend[] first = {
      backend(1, 0, "a"), backend(2, 0, "a"), backend(3, 0, "a"), backend(4, 0, "a")
    };
    Backend[] second = {
      backend(1, 7, "a"), backend(2, 7, "a"), backend(3, 7, "a"), backend(4, 7, "a")
    };
    List<Backend> all = new ArrayList<>(List.of(first));
    all.addAll(List.of(second));
    start(PolicyConfig.NONE, all.toArray(Backend[]::new));

    turn(false, first[0], first[1], first[2], second[0], second[1], second[2]); // 0.35 and 0.35

    assertThat(share(first)).isCloseTo(0.5, within(0.02));
    assertThat(share(second)).isCloseTo(0.5, within(0.02));
  }

  @Test
  void aRetryMayLeaveItsTier() {
    Backend only = backend(1, 0, "a");
    Backend spare = backend(1, 1, "a");
    start(PolicyConfig.NONE, only, spare);

    try (Exchange exchange = world.api().begin(EmptyRequest.INSTANCE)) {
      HttpPeer peer = exchange.newHttpPeer();
      assertThat(peer.backend()).isEqualTo(only);
      exchange.failed(
          PeerException.unsent(peer, Failure.CONNECT, "refused"), Exchange.Body.REPEATABLE);
      assertThat(exchange.newHttpPeer().backend()).isEqualTo(spare);
    }
  }

  @Test
  void theOwnZoneIsPreferredAndLeftBeforeItsBackendsAreBusierThanTheOthers() {
    Backend[] here = {backend(1, 0, "a"), backend(2, 0, "a")};
    Backend[] there = {
      backend(3, 0, "b"), backend(4, 0, "b"), backend(5, 0, "c"), backend(6, 0, "c")
    };
    start(
        policy(Optional.of("a"), 140, 0, AllDown.FAIL),
        here[0],
        here[1],
        there[0],
        there[1],
        there[2],
        there[3]);

    assertThat(share(here))
        .as("a third of what is healthy, for a third of the requests")
        .isEqualTo(1);

    turn(false, here[0]); // a fifth of what is healthy, for a third of the requests
    assertThat(share(here[1])).isCloseTo(0.6, within(0.02));
    assertThat(share(there)).isCloseTo(0.4, within(0.02));

    turn(false, here[1]);
    assertThat(share(there)).isEqualTo(1);
  }

  @Test
  void aZoneWithoutBackendsUsesTheOthers() {
    start(policy(Optional.of("z"), 140, 0, AllDown.FAIL), backend(1, 0, "a"), backend(2, 0, "b"));

    assertThat(share(backend(1, 0, "a"))).isCloseTo(0.5, within(0.02));
  }

  @Test
  void withFewerHealthyBackendsThanTheThresholdHealthIsIgnored() {
    start(policy(Optional.empty(), 140, 50, AllDown.FAIL), A, B, C);

    turn(false, A);
    assertThat(share(A)).as("two of three are enough").isZero();

    turn(false, B);
    assertThat(share(A)).isCloseTo(1 / 3.0, within(0.01));
    assertThat(world.api().stats().healthIgnored()).isTrue();
    assertThat(world.events(HealthIgnored.class)).containsExactly(new HealthIgnored("api", 1, 3));

    turn(true, B);
    assertThat(share(A)).isZero();
    assertThat(world.events(HealthRespected.class)).containsExactly(new HealthRespected("api"));
  }

  @Test
  void withNobodyHealthyRequestsAreRefusedUnlessHealthIsToBeIgnoredThen() {
    start(PolicyConfig.NONE, A, B);
    turn(false, A, B);
    assertThatThrownBy(() -> world.api().newHttpPeer()).isInstanceOf(NoBackendException.class);

    world.apply(
        world
            .setup()
            .withVersion(2)
            .withPolicy(policy(Optional.empty(), 140, 0, AllDown.IGNORE_HEALTH))
            .withChecker(world.checker)
            .withThresholds(1, 1));
    world.find(A, B);
    assertThat(share(A)).isCloseTo(0.5, within(0.01));

    turn(true, B);
    assertThat(share(B)).isEqualTo(1);
  }

  @Test
  void noBackendHasMoreRequestsInFlightThanItMay() {
    start(atMost(2), A, B);
    List<Exchange> exchanges = new ArrayList<>();
    Map<Backend, Integer> given = new HashMap<>();
    for (int i = 0; i < 4; i++) {
      Exchange exchange = world.api().begin(EmptyRequest.INSTANCE);
      exchanges.add(exchange);
      given.merge(exchange.newHttpPeer().backend(), 1, Integer::sum);
    }
    assertThat(given).containsOnly(Map.entry(A, 2), Map.entry(B, 2));

    assertThatThrownBy(() -> world.api().begin(EmptyRequest.INSTANCE).newHttpPeer())
        .isInstanceOf(NoBackendException.class)
        .hasMessage("upstream \"api\": every backend has the 2 requests in flight it may have");
    assertThat(world.api().stats().refusals()).containsEntry(Refusal.FULL, 1L);

    exchanges.get(0).close();
    assertThat(world.api().begin(EmptyRequest.INSTANCE).newHttpPeer()).isNotNull();
  }

  @Test
  void theLimitHoldsWhenManyThreadsAskAtOnce() throws Exception {
    start(atMost(3), A, B);
    int threads = 8;
    AtomicInteger a = new AtomicInteger();
    AtomicInteger b = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    CountDownLatch ready = new CountDownLatch(threads);
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try {
      List<Future<?>> done = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        done.add(
            executor.submit(
                () -> {
                  ready.countDown();
                  ready.await();
                  for (int request = 0; request < 20_000; request++) {
                    try (Exchange exchange = world.api().begin(EmptyRequest.INSTANCE)) {
                      Backend given = exchange.newHttpPeer().backend();
                      AtomicInteger inFlight = given.equals(A) ? a : b;
                      most.accumulateAndGet(inFlight.incrementAndGet(), Math::max);
                      inFlight.decrementAndGet(); // before the exchange ends
                    } catch (NoBackendException full) {
                      // six are under way
                    }
                  }
                  return null;
                }));
      }
      for (Future<?> one : done) {
        one.get(60, TimeUnit.SECONDS);
      }
    } finally {
      executor.shutdownNow();
    }

    assertThat(most.get()).isBetween(1, 3);
    assertThat(world.stats(A).inFlight()).isZero();
    assertThat(world.stats(B).inFlight()).isZero();
  }

  @Test
  void aNewBackendGetsAShareThatGrows() {
    world.apply(world.setup().withPolicy(slowly(Duration.ofSeconds(100), 1)));
    world.find(A, B);
    assertThat(share(A))
        .as("with nobody to spare them, all start at once")
        .isCloseTo(0.5, within(0.02));

    world.advance(Duration.ofSeconds(200));
    world.find(A, B, C);
    assertThat(share(C))
        .isCloseTo(0.1 / 3, within(0.01)); // its turns are a third, of which it takes a tenth

    world.advance(Duration.ofSeconds(50));
    assertThat(share(C)).isCloseTo(0.5 / 3, within(0.02));

    world.advance(Duration.ofSeconds(51));
    assertThat(share(C)).isCloseTo(1 / 3.0, within(0.005));
  }

  @Test
  void aggressionLetsTheShareGrowSooner() {
    world.apply(world.setup().withPolicy(slowly(Duration.ofSeconds(100), 2)));
    world.find(A, B);
    world.advance(Duration.ofSeconds(200));
    world.find(A, B, C);
    world.advance(Duration.ofSeconds(25));

    assertThat(share(C)).isCloseTo(0.5 / 3, within(0.02)); // the square root of a quarter
  }

  @Test
  void aBackendThatIsHealthyAgainStartsSlowly() {
    start(slowly(Duration.ofSeconds(1_000), 1), A, B);
    world.advance(Duration.ofSeconds(2_000));

    turn(false, A);
    turn(true, A);

    assertThat(share(A)).isCloseTo(0.05, within(0.02));
    world.advance(Duration.ofSeconds(1_000));
    assertThat(share(A)).isCloseTo(0.5, within(0.005));
  }

  @Test
  void aBackendThatStartsSlowlyTakesEverythingWhenThereIsNobodyElse() {
    start(slowly(Duration.ofSeconds(1_000), 1), A, B);
    world.advance(Duration.ofSeconds(2_000));
    turn(false, A);
    turn(true, A);

    turn(false, B);

    assertThat(share(A)).isEqualTo(1);
  }

  @Test
  void theHealthOfBackendsBuildsNoPickerWhateverThePolicy() {
    start(
        slowly(Duration.ofSeconds(10), 1),
        backend(1, 0, "a"),
        backend(2, 0, "a"),
        backend(1, 1, "a"));
    int prepared = world.balancer.prepared.get();

    turn(false, backend(1, 0, "a"));
    turn(true, backend(1, 0, "a"));

    assertThat(world.balancer.prepared).hasValue(prepared);
  }
}
