package io.upstream4j.core;

import static io.upstream4j.core.World.A;
import static io.upstream4j.core.World.B;
import static io.upstream4j.core.World.C;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.upstream4j.api.option.StatusRange;
import io.upstream4j.api.spi.Attributes;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.core.config.BreakerConfig;
import io.upstream4j.core.config.PolicyConfig;
import io.upstream4j.core.config.PolicyConfig.AllDown;
import io.upstream4j.core.event.UpstreamEvent;
import io.upstream4j.core.event.UpstreamEvent.BackendStateChanged;
import io.upstream4j.core.event.UpstreamEvent.BackendWeightChanged;
import io.upstream4j.core.event.UpstreamEvent.HealthIgnored;
import io.upstream4j.core.event.UpstreamEvent.UpstreamDown;
import io.upstream4j.core.event.UpstreamEvent.UpstreamRecovered;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.stats.AdminState;
import io.upstream4j.testkit.FakeRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

/** What an operator does to a backend by hand. */
class AdministrationTest {
  private static final FakeRequest GET = FakeRequest.get("/");

  private final World world = new World();

  private void start(Backend... backends) {
    world.apply(world.setup());
    world.find(backends);
  }

  private void done(CompletableFuture<Void> change) {
    world.time.runReady();
    assertThat(change).isCompleted();
  }

  private void drain(Backend backend) {
    done(world.api().drain(backend.endpoint()));
  }

  private void disable(Backend backend) {
    done(world.api().disable(backend.endpoint()));
  }

  private void enable(Backend backend) {
    done(world.api().enable(backend.endpoint()));
  }

  private static PolicyConfig policy(int panicPercent, AllDown allDown) {
    return new PolicyConfig(
        Optional.empty(), 1, OptionalInt.empty(), Optional.empty(), 140, panicPercent, allDown);
  }

  @Test
  void aDrainedBackendGetsNoNewRequestsAndFinishesThoseUnderWay() {
    start(A, B);
    Exchange under = world.api().begin(GET);
    assertThat(under.newHttpPeer().backend()).isEqualTo(A);

    drain(A);

    assertThat(world.picks(20)).containsOnly(B);
    assertThat(world.stats(A).inFlight()).isEqualTo(1);
    under.succeeded(200);
    assertThat(world.stats(A).inFlight()).isZero();
    assertThat(world.retired).isEmpty();
  }

  @Test
  void aDisabledBackendGetsNoNewRequestsAndItsConnectionsAreClosed() {
    start(A, B);
    disable(A);

    assertThat(world.picks(20)).containsOnly(B);
    assertThat(world.retired).extracting(peer -> peer.backend()).containsOnly(A);
  }

  @Test
  void whatOpenedAConnectionToADisabledBackendMeanwhileIsClosedAfterTheGracePeriod() {
    start(A, B);
    disable(A);
    world.retired.clear();
    world.advance(Setup.GRACE);
    assertThat(world.retired).extracting(peer -> peer.backend()).containsOnly(A);

    enable(A);
    disable(A);
    enable(A);
    world.retired.clear();
    world.advance(Setup.GRACE);
    assertThat(world.retired).isEmpty();
  }

  @Test
  void anEnabledBackendGetsRequestsAgain() {
    start(A, B);
    drain(A);
    disable(B);
    enable(A);
    assertThat(world.picks(10)).containsOnly(A);

    enable(B);
    assertThat(world.picks(10)).containsOnly(A, B);
  }

  @Test
  void neitherDrainingNorEnablingPreparesTheBalancerAgain() {
    start(A, B, C);
    int before = world.balancer.prepared.get();
    long generation = world.api().stats().generation();
    drain(A);
    disable(B);
    enable(A);
    enable(B);
    assertThat(world.balancer.prepared).hasValue(before);
    assertThat(world.api().stats().generation()).isEqualTo(generation);
  }

  @Test
  void whenAllAreDrainedARequestIsRefusedAndToldWhy() {
    start(A, B);
    drain(A);
    disable(B);

    assertThatThrownBy(() -> world.api().newHttpPeer(GET))
        .isInstanceOf(NoBackendException.class)
        .hasMessage("upstream \"api\": every backend is drained or disabled");
    assertThat(world.events(UpstreamDown.class)).hasSize(1);
    enable(B);
    assertThat(world.picks(3)).containsOnly(B);
    assertThat(world.events(UpstreamRecovered.class)).hasSize(1);
  }

  @Test
  void whereHealthIsIgnoredADrainedBackendStillGetsNothing() {
    world.apply(
        world
            .setup()
            .withPolicy(policy(0, AllDown.IGNORE_HEALTH))
            .withChecker(world.checker)
            .withThresholds(1, 1));
    world.find(A, B, C);
    drain(A);
    world.checker.sick.addAll(List.of(A, B, C));
    world.rounds(2);

    assertThat(world.picks(30)).containsOnly(B, C);
    disable(B);
    assertThat(world.picks(30)).containsOnly(C);
    drain(C);
    assertThatThrownBy(() -> world.api().newHttpPeer(GET)).isInstanceOf(NoBackendException.class);
  }

  @Test
  void drainingIsNoPanicAndInAPanicDrainedBackendsStillGetNothing() {
    world.apply(
        world
            .setup()
            .withPolicy(policy(50, AllDown.FAIL))
            .withChecker(world.checker)
            .withThresholds(1, 1));
    world.find(A, B, C);
    drain(A);
    drain(B);
    world.rounds(1);
    assertThat(world.events(HealthIgnored.class)).isEmpty();

    enable(B);
    world.checker.sick.addAll(List.of(B, C));
    world.rounds(2);
    assertThat(world.events(HealthIgnored.class)).hasSize(1);
    assertThat(world.picks(30)).containsOnly(B, C);
  }

  @Test
  void aDrainedBackendIsNoReasonForRequestsToSpillOverToTheNextTier() {
    Attributes spareTier = Attributes.none().with(Attributes.PRIORITY, 1);
    Backend spare = new Backend(new Endpoint("10.0.0.9", 80), 1, spareTier);
    start(A, B, C, spare);
    drain(A);
    drain(B);
    assertThat(world.picks(200)).containsOnly(C);

    drain(C);
    assertThat(world.picks(20)).containsOnly(spare);
    drain(spare);
    assertThatThrownBy(() -> world.api().newHttpPeer(GET)).isInstanceOf(NoBackendException.class);
    enable(A);
    assertThat(world.picks(20)).containsOnly(A);
  }

  @Test
  void aSlowStartNeitherSendsToADrainedBackendNorIsSparedByOne() {
    PolicyConfig slowly =
        new PolicyConfig(
            Optional.of(Duration.ofSeconds(10)),
            1,
            OptionalInt.empty(),
            Optional.empty(),
            140,
            0,
            AllDown.FAIL);
    world.apply(world.setup().withPolicy(slowly));
    world.find(A, B);
    world.advance(Duration.ofSeconds(20));
    drain(A);
    world.advance(Duration.ofSeconds(20));
    assertThat(world.picks(200)).containsOnly(B);

    enable(A); // from a tenth of its share on
    long hits = world.picks(2_000).stream().filter(A::equals).count();
    assertThat(hits).isBetween(20L, 250L);
    drain(A);
    world.advance(Duration.ofSeconds(1));
    assertThat(world.picks(200)).containsOnly(B);
    enable(A);
    world.advance(Duration.ofSeconds(20));
    assertThat(world.picks(10)).containsOnly(A, B);
  }

  @Test
  void ofTheBackendsInServiceNoMoreAreEjectedThanTheCapAllows() {
    BreakerConfig breaker =
        new BreakerConfig(
            false,
            OptionalInt.of(1),
            OptionalInt.empty(),
            1,
            Optional.empty(),
            Duration.ofSeconds(10),
            List.of(new StatusRange(500, 599)),
            Duration.ofSeconds(30),
            1,
            50);
    world.apply(world.setup().withBreaker(breaker));
    world.find(A, B, C);
    drain(C);
    for (int i = 0; i < 20; i++) {
      try (Exchange exchange = world.api().begin(GET)) {
        exchange.newHttpPeer();
        exchange.succeeded(503);
      }
      world.time.runReady();
    }
    assertThat(world.events(UpstreamEvent.BackendEjected.class)).hasSize(1);
  }

  @Test
  void theStateFollowsTheBackendOverDiscoveriesWeightsAndReloads() {
    start(A, B);
    drain(A);

    world.find(Backend.of(A.endpoint().host(), 80, 7), B, C);
    assertThat(world.stats(A).admin()).isEqualTo(AdminState.DRAINING);
    world.find(B);
    world.advance(Setup.GRACE.dividedBy(2));
    world.find(A, B);
    assertThat(world.stats(A).admin()).isEqualTo(AdminState.DRAINING);
    world.apply(world.setup().withVersion(2));
    assertThat(world.stats(A).admin()).isEqualTo(AdminState.DRAINING);
    assertThat(world.picks(10)).containsOnly(B);
  }

  @Test
  void aBackendThatWasAwayForLongerThanTheGracePeriodIsEnabled() {
    start(A, B);
    drain(A);
    world.find(B);
    world.advance(Setup.GRACE.plusSeconds(1));
    world.find(A, B);
    assertThat(world.stats(A).admin()).isEqualTo(AdminState.ENABLED);
  }

  @Test
  void aDisabledBackendThatLeavesAndReturnsIsNotConnectedTwiceOrReleasedTwice() {
    start(A, B);
    disable(A);
    world.find(B);
    world.find(A, B);
    world.apply(world.setup().withVersion(2));
    world.advance(Setup.GRACE.plusSeconds(1));
    enable(A);
    world.retired.clear();
    world.find(B);
    assertThat(world.retired).extracting(peer -> peer.backend()).containsExactly(A);
  }

  @Test
  void aBackendIsCheckedInEveryState() {
    world.apply(world.setup().withChecker(world.checker).withThresholds(1, 1));
    world.find(A, B);
    disable(A);
    world.checker.sick.add(A);
    world.rounds(2);
    assertThat(world.stats(A).healthy()).isFalse();

    enable(A);
    assertThat(world.picks(10)).containsOnly(B);
    world.checker.sick.remove(A);
    world.rounds(2);
    assertThat(world.picks(10)).containsOnly(A, B);
  }

  @Test
  void aRetryDoesNotGoToABackendThatWasDrainedMeanwhile() {
    start(A, B, C);
    try (Exchange exchange = world.api().begin(GET)) {
      Backend first = exchange.newHttpPeer().backend();
      assertThat(first).isEqualTo(A);
      drain(B);
      PeerException cause =
          PeerException.unsent(
              world.api().newHttpPeer(GET), PeerException.Failure.CONNECT, "connection refused");
      exchange.failed(cause, Exchange.Body.REPEATABLE);
      assertThat(exchange.newHttpPeer().backend()).isEqualTo(C);
    }
  }

  @Test
  void aWeightIsPutInBeforeTheBalancerSeesTheSetAndStaysUntilItIsReset() {
    start(A, B);
    done(world.api().weight(A.endpoint(), 5));
    assertThat(world.stats(A).backend().weight()).isEqualTo(5);
    assertThat(world.stats(A).weightOverride()).hasValue(5);

    world.find(Backend.of(A.endpoint().host(), 80, 3), B, C);
    assertThat(world.stats(A).backend().weight()).isEqualTo(5);
    world.apply(world.setup().withVersion(2));
    assertThat(world.stats(A).backend().weight()).isEqualTo(5);

    done(world.api().resetWeight(A.endpoint()));
    assertThat(world.stats(A).backend().weight()).isEqualTo(3);
    assertThat(world.stats(A).weightOverride()).isEmpty();
  }

  @Test
  void aReloadWhoseDiscoveryHasNotAnsweredYetKeepsTheWeightThatIsToComeBack() {
    start(A, B);
    done(world.api().weight(A.endpoint(), 5));
    world.apply(world.setup().withVersion(2).withDiscovery(new FakeDiscovery()));
    assertThat(world.stats(A).backend().weight()).isEqualTo(5);

    done(world.api().resetWeight(A.endpoint()));
    assertThat(world.stats(A).backend().weight()).isEqualTo(1);
  }

  @Test
  void anEqualWeightPreparesNothingAndTellsNothing() {
    start(A, B);
    done(world.api().weight(A.endpoint(), 5));
    int prepared = world.balancer.prepared.get();
    done(world.api().weight(A.endpoint(), 5));
    drain(A);
    drain(A);
    assertThat(world.balancer.prepared).hasValue(prepared);
    assertThat(world.events(BackendWeightChanged.class)).hasSize(1);
    assertThat(world.events(BackendStateChanged.class)).hasSize(1);
  }

  @Test
  void everyChangeIsTold() {
    start(A, B);
    drain(A);
    disable(A);
    enable(A);
    done(world.api().weight(B.endpoint(), 0));
    done(world.api().resetWeight(B.endpoint()));
    assertThat(
            world.eventsThat(
                event ->
                    event instanceof BackendStateChanged || event instanceof BackendWeightChanged))
        .containsExactly(
            new BackendStateChanged("api", A.endpoint(), AdminState.DRAINING),
            new BackendStateChanged("api", A.endpoint(), AdminState.DISABLED),
            new BackendStateChanged("api", A.endpoint(), AdminState.ENABLED),
            new BackendWeightChanged("api", B.endpoint(), OptionalInt.of(0)),
            new BackendWeightChanged("api", B.endpoint(), OptionalInt.empty()));
  }

  @Test
  void aBackendThatIsNotThereIsRefusedWithThoseThatAre() {
    start(A, B);
    List<CompletableFuture<Void>> changes = new ArrayList<>();
    Endpoint other = new Endpoint("10.0.0.7", 80);
    changes.add(world.api().drain(other));
    changes.add(world.api().weight(other, 3));
    world.time.runReady();
    assertThat(changes)
        .allSatisfy(
            change ->
                assertThatThrownBy(change::join)
                    .isInstanceOf(CompletionException.class)
                    .cause()
                    .isInstanceOf(UnknownBackendException.class)
                    .hasMessage(
                        "upstream \"api\": no backend 10.0.0.7:80 (known: 10.0.0.1:80,"
                            + " 10.0.0.2:80); did you mean \"10.0.0.1:80\"?"));
  }

  @Test
  void aRemovedUpstreamHasNoBackendToChange() {
    start(A, B);
    Upstream api = world.api();
    world.apply();
    assertThat(api.drain(A.endpoint())).isCompletedExceptionally();
  }

  @Test
  void aWeightOutOfRangeIsRefused() {
    start(A);
    assertThatThrownBy(() -> world.api().weight(A.endpoint(), 65_536))
        .hasMessage("weight: 65536 (expected: 0 to 65535)");
  }
}
