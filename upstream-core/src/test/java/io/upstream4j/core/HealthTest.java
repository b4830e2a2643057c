package io.upstream4j.core;

import static io.upstream4j.core.World.A;
import static io.upstream4j.core.World.B;
import static io.upstream4j.core.World.C;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.api.spi.HealthCheck;
import io.upstream4j.core.config.HealthConfig;
import io.upstream4j.core.event.UpstreamEvent.BackendHealthy;
import io.upstream4j.core.event.UpstreamEvent.BackendUnhealthy;
import io.upstream4j.core.event.UpstreamEvent.UpstreamDown;
import io.upstream4j.core.event.UpstreamEvent.UpstreamRecovered;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.testkit.FakeRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class HealthTest {
  private final World world = new World();

  private void start(Setup setup, Backend... backends) {
    world.apply(setup);
    world.find(backends);
  }

  private Setup checked() {
    return world.setup().withChecker(world.checker);
  }

  @Test
  void everyBackendIsAskedAtOnceAndThenAtTheFrequency() {
    start(checked(), A, B);
    assertThat(world.checker.asked).containsExactly(A, B);

    world.rounds(10);
    // The second question comes early, the others up to a tenth: 10 to 13 of them in 100 seconds.
    assertThat(world.checker.asked.stream().filter(A::equals).count()).isBetween(11L, 13L);
    assertThat(world.checker.asked.stream().filter(B::equals).count()).isBetween(11L, 13L);
  }

  @Test
  void aProbeForWhichThereIsNoDescriptorSaysNothingAboutTheBackend() {
    start(checked().withThresholds(1, 1), A);
    PeerException lack =
        PeerException.unsent(
            world.api().newHttpPeer(), PeerException.Failure.OUT_OF_DESCRIPTORS, "none left");
    world.checker.answer = backend -> CompletableFuture.failedFuture(lack);
    world.checker.asked.clear();

    world.rounds(10);
    assertThat(world.stats(A).healthy()).isTrue();
    assertThat(world.checker.asked).as("asked again").hasSizeGreaterThan(5);

    world.checker.answer =
        backend -> CompletableFuture.completedFuture(new HealthCheck.Unhealthy("refused"));
    world.rounds(1);
    assertThat(world.stats(A).healthy()).isFalse();
  }

  @Test
  void anUnhealthyBackendIsAskedAtAFrequencyOfItsOwn() {
    start(checked().withUnhealthyFrequency(Duration.ofSeconds(1)), A, B);
    world.checker.sick.add(A);
    world.rounds(3);
    assertThat(world.stats(A).healthy()).isFalse();
    world.checker.asked.clear();

    world.rounds(10);
    assertThat(world.checker.asked.stream().filter(A::equals).count()).isBetween(95L, 112L);
    assertThat(world.checker.asked.stream().filter(B::equals).count()).isBetween(9L, 12L);
  }

  @Test
  void backendsThatAreUnhealthyAtFirstGetRequestsFromTheirFirstGoodAnswerOn() {
    CompletableFuture<HealthCheck.Result> answer = new CompletableFuture<>();
    world.checker.answer = backend -> answer;
    start(checked().withInitial(HealthConfig.Initial.UNHEALTHY).withThresholds(3, 3), A);
    assertThat(world.stats(A).healthy()).isFalse();
    assertThat(world.stats(A).reason()).contains("not checked yet");
    assertThatThrownBy(() -> world.api().newHttpPeer()).isInstanceOf(NoBackendException.class);

    answer.complete(new HealthCheck.Healthy());
    world.time.runReady();
    assertThat(world.picks(1)).containsExactly(A);

    world.apply(checked().withInitial(HealthConfig.Initial.UNHEALTHY).withVersion(2));
    assertThat(world.picks(1)).as("a reload forgets nothing").containsExactly(A);
  }

  @Test
  void backendsThatAreUnhealthyAtFirstAreHealthyOnceNobodyChecksThem() {
    world.checker.answer = backend -> new CompletableFuture<>();
    start(checked().withInitial(HealthConfig.Initial.UNHEALTHY), A);
    world.apply(world.setup().withVersion(2));
    world.find(A);
    assertThat(world.picks(1)).containsExactly(A);
  }

  @Test
  void aRequestThatCannotReachABackendCountsAsAFailedCheckAndHasItAskedAtOnce() {
    start(checked(), A);
    world.checker.sick.add(A);
    world.checker.asked.clear();

    failToConnect();
    assertThat(world.checker.asked).containsExactly(A);
    assertThat(world.stats(A).healthy()).as("the request and the check, of two").isFalse();
    assertThat(world.stats(A).reason()).contains("connection refused");
  }

  @Test
  void theCountOfFailuresHoldsForRequestsToo() {
    start(checked().withThresholds(1, 5), A);
    world.checker.sick.add(A);
    failToConnect();
    failToConnect();
    assertThat(world.stats(A).healthy()).as("four of five").isTrue();
    failToConnect();
    assertThat(world.stats(A).healthy()).isFalse();
  }

  @Test
  void requestsAloneTurnABackendWhileAnotherIsLeft() {
    start(checked().withThresholds(1, 1), A, B);
    CompletableFuture<HealthCheck.Result> pending = new CompletableFuture<>();
    world.checker.answer = backend -> pending;
    failToConnect();
    failToConnect();
    assertThat(world.picks(1)).as("the last one's check decides").hasSize(1);
    assertThat(world.events(BackendUnhealthy.class)).hasSize(1);

    pending.complete(new HealthCheck.Healthy());
    world.time.runReady();
    assertThat(world.events(BackendHealthy.class)).hasSize(1);
  }

  @Test
  void aTimeOutCountsAsAFailedCheckUnlessTheBackendAnsweredOthersMeanwhile() {
    start(checked(), A);
    try (Exchange slow = world.api().begin(FakeRequest.get("/slow"))) {
      HttpPeer peer = slow.newHttpPeer();
      world.advance(Duration.ofSeconds(1));
      try (Exchange quick = world.api().begin(FakeRequest.get("/quick"))) {
        quick.newHttpPeer();
        quick.succeeded(200);
      }
      world.checker.sick.add(A);
      world.checker.asked.clear();
      slow.failed(
          PeerException.sent(peer, PeerException.Failure.READ_TIMEOUT, "no bytes"),
          Exchange.Body.GONE);
    }
    world.time.runReady();
    assertThat(world.checker.asked).containsExactly(A);
    assertThat(world.stats(A).healthy()).as("the check alone, of two").isTrue();
    world.checker.sick.clear();
    world.rounds(2);
    world.checker.sick.add(A);

    try (Exchange silent = world.api().begin(FakeRequest.get("/slow"))) {
      HttpPeer peer = silent.newHttpPeer();
      world.advance(Duration.ofSeconds(1));
      silent.failed(
          PeerException.sent(peer, PeerException.Failure.READ_TIMEOUT, "no bytes"),
          Exchange.Body.GONE);
    }
    world.time.runReady();
    assertThat(world.stats(A).healthy()).isFalse();
  }

  @Test
  void whatHasNoRoomInThisProcessIsNoFailedCheck() {
    start(checked().withThresholds(1, 1), A, B);
    for (PeerException.Failure ours :
        List.of(PeerException.Failure.PENDING_LIMIT, PeerException.Failure.PENDING_TIMEOUT)) {
      PeerException lack = PeerException.unsent(world.api().newHttpPeer(), ours, "full");
      world.checker.answer = backend -> CompletableFuture.failedFuture(lack);
      world.rounds(5);
      assertThat(world.events(BackendUnhealthy.class)).isEmpty();
    }
  }

  @Test
  void manyRequestsThatCannotReachABackendMakeOneQuestionAtATime() {
    start(checked(), A);
    CompletableFuture<HealthCheck.Result> pending = new CompletableFuture<>();
    world.checker.answer = backend -> pending;
    world.checker.asked.clear();
    for (int i = 0; i < 1_000; i++) {
      failToConnect();
    }
    assertThat(world.checker.asked).containsExactly(A);

    pending.complete(new HealthCheck.Healthy());
    world.time.runReady();
    assertThat(world.checker.asked).containsExactly(A);
    world.rounds(1);
    assertThat(world.checker.asked).hasSizeBetween(2, 3);
  }

  @Test
  void aBackendThatAnswersProbesAndFailsRequestsIsNotAskedForEachOfThem() {
    start(checked(), A);
    world.checker.asked.clear();
    for (int i = 0; i < 1_000; i++) {
      failToConnect();
      world.advance(Duration.ofMillis(1));
    }
    assertThat(world.checker.asked).as("within a second").hasSizeBetween(1, 2);

    world.checker.sick.add(A);
    world.advance(Duration.ofSeconds(1));
    failToConnect();
    assertThat(world.stats(A).healthy()).isFalse();
  }

  private void failToConnect() {
    try (Exchange exchange = world.api().begin(FakeRequest.get("/"))) {
      exchange.failed(
          PeerException.unsent(
              exchange.newHttpPeer(), PeerException.Failure.CONNECT, "connection refused"),
          Exchange.Body.REPEATABLE);
    }
    world.time.runReady();
  }

  @Test
  void aBackendThatComesLaterIsAskedAtOnce() {
    start(checked(), A);
    world.find(A, B);

    assertThat(world.checker.asked).containsExactly(A, B);
  }

  @Test
  void aRemovedBackendIsAskedNoMore() {
    start(checked(), A, B);
    world.find(B);
    world.checker.asked.clear();
    world.rounds(5);

    assertThat(world.checker.asked).isNotEmpty().containsOnly(B);
  }

  @Test
  void backendsFoundTogetherAreNotAskedTogetherForLong() {
    Map<Backend, Long> second = new HashMap<>();
    world.checker.answer =
        backend -> {
          second.put(backend, world.time.nanoTime());
          return CompletableFuture.completedFuture(new HealthCheck.Healthy());
        };
    Backend[] many =
        IntStream.range(0, 100)
            .mapToObj(i -> Backend.of("10.0.1." + i, 80))
            .toArray(Backend[]::new);
    start(checked(), many);
    world.rounds(1);

    Set<Long> seconds = new HashSet<>();
    second.values().forEach(nanos -> seconds.add(nanos / 1_000_000_000));
    assertThat(seconds).as("whole seconds in which one of 100 was asked").hasSizeGreaterThan(7);
  }

  @Test
  void aDeadBackendGetsNoTrafficAfterTwoFailedChecks() {
    start(checked(), A, B);
    world.checker.sick.add(A);
    world.rounds(3);

    assertThat(world.picks(10)).containsOnly(B);
    assertThat(world.events(BackendUnhealthy.class))
        .containsExactly(new BackendUnhealthy("api", A.endpoint(), "connection refused"));
    assertThat(world.stats(A).healthy()).isFalse();
    assertThat(world.stats(A).reason()).contains("connection refused");
    assertThat(world.stats(A).since()).isAfter(java.time.Instant.EPOCH);
    assertThat(world.events(UpstreamDown.class)).isEmpty();
  }

  @Test
  void oneOppositeAnswerStartsTheCountAgain() {
    List<Boolean> answers =
        new ArrayList<>(List.of(false, false, true, false, false, true, false, false, false));
    world.checker.answer =
        backend ->
            CompletableFuture.completedFuture(
                answers.isEmpty() || answers.remove(0)
                    ? new HealthCheck.Healthy()
                    : new HealthCheck.Unhealthy("bad"));
    start(checked().withThresholds(3, 3), A);
    while (answers.size() > 1) {
      world.advance(Duration.ofSeconds(1));
      assertThat(world.events(BackendUnhealthy.class)).isEmpty();
    }
    world.rounds(1);
    assertThat(world.events(BackendUnhealthy.class)).hasSize(1);

    answers.addAll(List.of(true, true, false, true, true));
    while (!answers.isEmpty()) {
      world.advance(Duration.ofSeconds(1));
      assertThat(world.events(BackendHealthy.class)).isEmpty();
    }
    world.rounds(1);
    assertThat(world.events(BackendHealthy.class)).hasSize(1);
    assertThat(world.stats(A).reason()).contains("answered well 3 times");
  }

  @Test
  void aCheckThatThrowsOrFailsIsABadAnswerWithItsMessage() {
    world.checker.answer =
        backend -> {
          if (backend.equals(A)) {
            throw new IllegalStateException("thrown");
          }
          return backend.equals(B)
              ? CompletableFuture.failedFuture(new CompletionException(new Exception("failed")))
              : null;
        };
    start(checked().withThresholds(1, 1), A, B, C);

    assertThat(world.stats(A).reason())
        .contains(
            "plug-in \"fake\" threw java.lang.IllegalStateException: thrown in probe() for upstream"
                + " \"api\"");
    assertThat(world.stats(B).reason()).contains("failed");
    assertThat(world.stats(C).reason())
        .contains("plug-in \"fake\" returned null from probe() for upstream \"api\"");
  }

  @Test
  void aCheckThatNeverAnswersIsABadAnswerAfterTheTimeLimit() {
    List<CompletableFuture<HealthCheck.Result>> silent = new ArrayList<>();
    world.checker.answer =
        backend -> {
          silent.add(new CompletableFuture<>());
          return silent.get(silent.size() - 1);
        };
    start(checked().withThresholds(1, 1), A);
    world.advance(Duration.ofMillis(5_999));
    assertThat(world.stats(A).healthy()).isTrue();
    assertThat(world.checker.asked).as("no second question while one is under way").hasSize(1);

    world.advance(Duration.ofMillis(1));
    assertThat(world.stats(A).healthy()).isFalse();
    assertThat(world.stats(A).reason()).contains("no answer within 6000 ms");

    silent.get(0).complete(new HealthCheck.Healthy());
    world.time.runReady();
    assertThat(world.stats(A).healthy()).as("too late").isFalse();
    world.rounds(1);
    assertThat(world.checker.asked).hasSizeGreaterThan(1);
  }

  @Test
  void noMoreThanTheBoundAreAskedAtTheSameTime() {
    List<CompletableFuture<HealthCheck.Result>> open = new ArrayList<>();
    world.checker.answer =
        backend -> {
          open.add(new CompletableFuture<>());
          return open.get(open.size() - 1);
        };
    start(checked().withParallel(2), A, B, C);
    assertThat(world.checker.asked).containsExactly(A, B);

    open.get(0).complete(new HealthCheck.Healthy());
    world.time.runReady();
    assertThat(world.checker.asked).containsExactly(A, B, C);
    world.advance(Duration.ofSeconds(6));
    assertThat(world.set.current().isReady()).as("silence is an answer, too").isTrue();
  }

  @Test
  void aHealthFlipNeverRebuildsAPicker() {
    start(checked(), A, B);
    int prepared = world.balancer.prepared.get();
    long generation = world.api().stats().generation();
    for (int i = 0; i < 10; i++) {
      world.checker.sick.add(A);
      world.rounds(3);
      world.checker.sick.clear();
      world.rounds(3);
    }

    assertThat(world.events(BackendUnhealthy.class)).hasSize(10);
    assertThat(world.balancer.prepared).hasValue(prepared);
    assertThat(world.api().stats().generation()).isEqualTo(generation);
  }

  @Test
  void healthFollowsTheEndpointThroughRediscoveryAndAWeightChange() {
    start(checked(), A, B);
    world.checker.sick.add(A);
    world.rounds(3);
    Backend heavier = Backend.of("10.0.0.1", 80, 9);
    world.checker.sick.add(heavier);

    world.find(heavier, B, C);
    assertThat(world.stats(A).healthy()).isFalse();
    world.find(B, C);
    world.find(B, C, A);
    assertThat(world.stats(A).healthy()).isFalse();
    assertThat(world.events(BackendUnhealthy.class)).hasSize(1);
    assertThat(world.picks(10)).doesNotContain(A);
  }

  @Test
  void whenAllAreDownRequestsAreRefusedAndThatIsAnnounced() {
    start(checked(), A, B);
    world.checker.sick.addAll(List.of(A, B));
    world.rounds(3);

    assertThatThrownBy(() -> world.api().newHttpPeer())
        .hasMessage("upstream \"api\": no eligible backend");
    assertThat(world.events(UpstreamDown.class)).hasSize(1);

    world.checker.sick.remove(B);
    world.rounds(1);
    assertThat(world.picks(2)).containsOnly(B);
    assertThat(world.events(UpstreamRecovered.class)).hasSize(1);
    world.checker.sick.clear();
    world.rounds(2);
    assertThat(world.events(UpstreamRecovered.class)).hasSize(1);
  }

  @Test
  void aDiscoveryThatIsSilentDoesNotDelayChecks() {
    start(checked(), A);
    world.discovery.fails("time-out");
    world.checker.sick.add(A);
    world.rounds(3);

    assertThat(world.stats(A).healthy()).isFalse();
  }

  @Test
  void readyMeansThatEveryBackendHadItsFirstAnswer() {
    List<CompletableFuture<HealthCheck.Result>> open = new ArrayList<>();
    world.checker.answer =
        backend -> {
          open.add(new CompletableFuture<>());
          return open.get(open.size() - 1);
        };
    start(checked(), A, B);
    assertThat(world.set.current().isReady()).isFalse();
    open.get(0).complete(new HealthCheck.Unhealthy("bad"));
    world.time.runReady();
    assertThat(world.set.current().isReady()).isFalse();
    world.find(A);
    assertThat(world.set.current().isReady()).as("the other is gone").isTrue();
  }

  @Test
  void aThousandBackendsDieAndRecoverWithAnEventEach() {
    long seed = System.nanoTime();
    System.out.println("aThousandBackendsDieAndRecoverWithAnEventEach: seed " + seed);
    World world = new World(new Random(seed));
    Backend[] many =
        IntStream.range(0, 1_000)
            .mapToObj(i -> Backend.of("10.1." + i / 250 + "." + i % 250, 80))
            .toArray(Backend[]::new);
    world.apply(world.setup().withChecker(world.checker).withParallel(7));
    world.find(many);
    world.checker.sick.addAll(List.of(many));
    world.rounds(3);
    Set<Endpoint> died = new HashSet<>();
    world.events(BackendUnhealthy.class).forEach(event -> died.add(event.endpoint()));
    assertThat(world.events(BackendUnhealthy.class)).hasSize(1_000);
    assertThat(died).hasSize(1_000);

    world.checker.sick.clear();
    world.rounds(2);
    Set<Endpoint> recovered = new HashSet<>();
    world.events(BackendHealthy.class).forEach(event -> recovered.add(event.endpoint()));
    assertThat(world.events(BackendHealthy.class)).hasSize(1_000);
    assertThat(recovered).hasSize(1_000);
    assertThat(world.events(UpstreamDown.class)).hasSize(1);
    assertThat(world.events(UpstreamRecovered.class)).hasSize(1);
    assertThat(new HashSet<>(world.picks(1_000))).hasSize(1_000);
  }
}
