package io.upstream4j.core;

import static io.upstream4j.core.World.A;
import static io.upstream4j.core.World.B;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.upstream4j.api.spi.HealthCheck;
import io.upstream4j.api.spi.Pick;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.peer.PeerException.Failure;
import io.upstream4j.core.stats.ProbeStats;
import io.upstream4j.core.stats.Refusal;
import io.upstream4j.core.stats.UpstreamStats;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What an upstream tells of its traffic. */
class TrafficTest {
  private final World world = new World();

  @BeforeEach
  void start() {
    world.apply(world.setup());
  }

  private UpstreamStats stats() {
    return world.api().stats();
  }

  @Test
  void theHeadAndTheEndOfATryAreMeasuredApart() {
    world.find(A);
    try (Exchange exchange = world.api().begin(EmptyRequest.INSTANCE)) {
      exchange.newHttpPeer();
      world.advance(Duration.ofMillis(20));
      exchange.responded(200);
      world.advance(Duration.ofMillis(300));
      exchange.succeeded(200);
    }
    assertThat(stats().latency().count()).isEqualTo(1);
    assertThat(stats().latency().sumNanos()).isEqualTo(20_000_000);
    assertThat(stats().duration().count()).isEqualTo(1);
    assertThat(stats().duration().sumNanos()).isEqualTo(320_000_000);
    assertThat(world.stats(A).latency().sumNanos()).isEqualTo(20_000_000);
    assertThat(world.stats(A).latency().quantileNanos(0.99)).isBetween(16_000_000L, 25_000_000L);
  }

  @Test
  void aFailedTryCountsByItsKindAndHasNoHead() {
    world.find(A);
    try (Exchange exchange = world.api().begin(EmptyRequest.INSTANCE)) {
      HttpPeer peer = exchange.newHttpPeer();
      world.advance(Duration.ofMillis(30));
      exchange.failed(
          PeerException.sent(peer, Failure.READ_TIMEOUT, "too late"), Exchange.Body.REPEATABLE);
    }
    assertThat(stats().failures())
        .hasSize(Failure.values().length)
        .containsEntry(Failure.READ_TIMEOUT, 1L)
        .containsEntry(Failure.CONNECT, 0L);
    assertThat(stats().latency().count()).isZero();
    assertThat(stats().duration().sumNanos()).isEqualTo(30_000_000);
  }

  @Test
  void whatTheClientAbandonedAndAStaleConnectionAreNeither() {
    world.find(A);
    try (Exchange exchange = world.api().begin(EmptyRequest.INSTANCE)) {
      HttpPeer peer = exchange.newHttpPeer();
      assertThat(
              exchange.failed(PeerException.stale(peer, true, "closed"), Exchange.Body.REPEATABLE))
          .isEqualTo(RetryStep.SAME_PEER_FRESH);
    }
    assertThat(stats().duration().count()).isZero();
    assertThat(stats().failures().values()).containsOnly(0L);
  }

  @Test
  void nothingIsLostWhenABackendGoes() {
    world.find(A, B);
    for (int i = 0; i < 4; i++) {
      try (Exchange exchange = world.api().begin(EmptyRequest.INSTANCE)) {
        exchange.newHttpPeer();
        exchange.succeeded(200);
      }
    }
    world.find(A);
    assertThat(stats().latency().count()).isEqualTo(4);
    assertThat(stats().duration().count()).isEqualTo(4);
  }

  @Test
  void refusalsAreCountedByKind() {
    assertRefused(Refusal.NO_BACKENDS);
    world.find();
    assertRefused(Refusal.NO_BACKENDS);
    world.find(A);
    world.api().drain(A.endpoint());
    world.time.runReady();
    assertRefused(Refusal.OUT_OF_SERVICE);
    assertThat(stats().refusals())
        .hasSize(Refusal.values().length)
        .containsEntry(Refusal.NO_BACKENDS, 2L)
        .containsEntry(Refusal.OUT_OF_SERVICE, 1L)
        .containsEntry(Refusal.FULL, 0L);
    assertThat(stats().refused()).isEqualTo(3);
  }

  @Test
  void whereNobodyIsHealthyNobodyIsEligible() {
    world.apply(world.setup().withVersion(2).withChecker(world.checker).withThresholds(1, 1));
    world.checker.sick.add(A);
    world.find(A);
    world.rounds(2);
    assertRefused(Refusal.NOT_ELIGIBLE);
  }

  @Test
  void whatTheStrategySaysOrDoesWrongIsItsOwn() {
    world.balancer.twist = picker -> (request, candidates) -> new Pick.Nowhere("no such host");
    world.find(A);
    assertRefused(Refusal.STRATEGY);
    world.balancer.twist =
        picker ->
            (request, candidates) -> {
              throw new IllegalStateException("meant by the test");
            };
    world.find(A, B);
    assertRefused(Refusal.STRATEGY);
    assertThat(stats().refusals()).containsEntry(Refusal.STRATEGY, 2L);
  }

  @Test
  void probesAreCountedByTheirResultWithTheTimeTheyTook() {
    CompletableFuture<HealthCheck.Result> late = new CompletableFuture<>();
    world.checker.answer = backend -> late;
    world.apply(world.setup().withVersion(2).withChecker(world.checker));
    world.find(A);
    assertThat(stats().probes()).isEqualTo(new ProbeStats(0, 0, 0));
    world.advance(Duration.ofMillis(40));
    late.complete(new HealthCheck.Healthy());
    world.time.runReady();
    assertThat(stats().probes()).isEqualTo(new ProbeStats(1, 0, 40_000_000));

    world.checker.answer =
        backend -> CompletableFuture.completedFuture(new HealthCheck.Unhealthy("sick"));
    world.rounds(1);
    assertThat(stats().probes().passed()).isEqualTo(1);
    assertThat(stats().probes().failed()).isPositive();
  }

  private void assertRefused(Refusal kind) {
    assertThatThrownBy(() -> world.api().newHttpPeer())
        .isInstanceOfSatisfying(
            NoBackendException.class, e -> assertThat(e.refusal()).isEqualTo(kind));
  }

  @Test
  void eachFailureOfTheDiscoveryCounts() {
    world.discovery.fails("no route");
    world.time.runReady();
    world.discovery.fails("no route");
    world.time.runReady();
    assertThat(stats().discoveryFailures()).isEqualTo(2);
  }
}
