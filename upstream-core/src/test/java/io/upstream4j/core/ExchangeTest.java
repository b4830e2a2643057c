package io.upstream4j.core;

import static io.upstream4j.core.World.A;
import static io.upstream4j.core.World.B;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.upstream4j.core.backends.BackendState;
import io.upstream4j.core.event.UpstreamEvent.BackendFailing;
import io.upstream4j.core.event.UpstreamEvent.RetryBudgetExhausted;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.peer.PeerException.Failure;
import io.upstream4j.testkit.FakeRequest;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExchangeTest {
  private static final FakeRequest GET = FakeRequest.get("/");

  private final World world = new World();

  @BeforeEach
  void start() {
    world.apply(world.setup());
    world.find(A, B);
  }

  private static PeerException refused(HttpPeer peer) {
    return PeerException.unsent(peer, Failure.CONNECT, "refused");
  }

  private static PeerException broken(HttpPeer peer) {
    return PeerException.sent(peer, Failure.CLOSED, "reset");
  }

  private static RetryStep failed(Exchange exchange, PeerException cause) {
    return exchange.failed(cause, Exchange.Body.REPEATABLE);
  }

  private Exchange begin(String method) {
    return world.api().begin(GET.withMethod(method));
  }

  @Test
  void aTryIsInFlightUntilItSucceeds() {
    Exchange exchange = begin("GET");
    exchange.newHttpPeer();
    assertThat(world.stats(A).inFlight()).isEqualTo(1);
    exchange.succeeded(200);
    assertThat(world.stats(A).inFlight()).isZero();
    exchange.close();

    assertThat(world.stats(A).inFlight()).isZero();
    assertThat(world.stats(A).requests()).isEqualTo(1);
    assertThat(world.stats(A).failures()).isZero();
    assertThat(world.api().stats().requests()).isEqualTo(1);
  }

  @Test
  void listenersHearOfFailuresAtOnceAndThenNotOften() {
    fail();
    world.time.runReady();
    assertThat(world.events(BackendFailing.class))
        .containsExactly(new BackendFailing("api", A.endpoint(), 1, "refused"));
    fail(); // B
    fail();
    fail(); // B
    world.time.runReady();
    assertThat(world.events(BackendFailing.class))
        .extracting(BackendFailing::endpoint)
        .containsExactly(A.endpoint(), B.endpoint());

    world.advance(Duration.ofSeconds(10));
    fail();
    world.time.runReady();
    assertThat(world.events(BackendFailing.class))
        .endsWith(new BackendFailing("api", A.endpoint(), 2, "refused"));
  }

  private void fail() {
    Exchange exchange = begin("POST");
    failed(exchange, refused(exchange.newHttpPeer()));
    exchange.close();
  }

  @Test
  void anAbandonedTryLeavesNothingInFlightAndCountsAsNoFailure() {
    Exchange exchange = begin("GET");
    HttpPeer peer = exchange.newHttpPeer();
    exchange.close();
    exchange.close();
    assertThat(failed(exchange, broken(peer))).isEqualTo(RetryStep.GIVE_UP);
    exchange.succeeded(200);

    assertThat(world.stats(A).inFlight()).isZero();
    assertThat(world.stats(A).failures()).isZero();
    assertThatThrownBy(exchange::newHttpPeer).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aRetryAvoidsTheBackendThatFailed() {
    for (int i = 0; i < 10; i++) {
      Exchange exchange = begin("GET");
      HttpPeer first = exchange.newHttpPeer();
      assertThat(failed(exchange, broken(first))).isEqualTo(RetryStep.NEXT_PEER);
      HttpPeer second = exchange.newHttpPeer();
      assertThat(second).isNotEqualTo(first);
      exchange.succeeded(200);
      exchange.close();
    }
    assertThat(world.api().stats().retries()).isEqualTo(10);
    assertThat(world.api().stats().requests()).isEqualTo(10);
    assertThat(world.stats(A).failures() + world.stats(B).failures()).isEqualTo(10);
  }

  @Test
  void whenAllWereTriedThoseThatWereSentNothingAreTriedAgainAfterAWhile() {
    Exchange exchange = begin("GET");
    HttpPeer first = exchange.newHttpPeer();
    failed(exchange, broken(first));
    RetryStep step = failed(exchange, refused(exchange.newHttpPeer()));
    assertThat(step.action()).isEqualTo(RetryStep.Action.NEXT_PEER);
    assertThat(step.delay()).isBetween(Duration.ofMillis(25), Duration.ofMillis(50));

    assertThat(exchange.newHttpPeer().backend()).isNotEqualTo(first.backend()).isIn(A, B);
    exchange.close();
  }

  @Test
  void aSingleBackendGetsARequestAgainOnlyIfItWasSentNothing() {
    world.find(A);
    Exchange silent = begin("GET");
    HttpPeer peer = silent.newHttpPeer();
    assertThat(failed(silent, PeerException.sent(peer, Failure.READ_TIMEOUT, "silent")))
        .isEqualTo(RetryStep.GIVE_UP);
    Exchange full = begin("GET");
    full.newHttpPeer();
    assertThat(failed(full, PeerException.unsent(peer, Failure.PENDING_LIMIT, "full")))
        .isEqualTo(RetryStep.GIVE_UP);
    Exchange unreached = begin("POST");
    unreached.newHttpPeer();
    assertThat(failed(unreached, refused(peer)).isRetry()).isTrue();
    Exchange unsent = begin("POST");
    unsent.newHttpPeer();
    assertThat(failed(unsent, PeerException.unsent(peer, Failure.CLOSED, "closed")).isRetry())
        .isTrue();
  }

  @Test
  void whatCannotBeSentAgainIsNot() {
    Exchange exchange = begin("GET");
    HttpPeer peer = exchange.newHttpPeer();
    assertThat(exchange.failed(refused(peer), Exchange.Body.GONE)).isEqualTo(RetryStep.GIVE_UP);
    assertThat(world.api().stats().retriesExhausted()).isZero();
  }

  @Test
  void triesAreBounded() {
    Exchange exchange = begin("GET");
    for (int i = 0; i < 2; i++) {
      assertThat(failed(exchange, refused(exchange.newHttpPeer())).isRetry()).isTrue();
    }
    assertThat(failed(exchange, refused(exchange.newHttpPeer()))).isEqualTo(RetryStep.GIVE_UP);
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
  void anIdempotentRequestMayBeRetriedWhateverThePeerSawOfIt(String method) {
    Exchange exchange = begin(method);
    HttpPeer peer = exchange.newHttpPeer();

    assertThat(failed(exchange, broken(peer))).isEqualTo(RetryStep.NEXT_PEER);
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "PATCH", "CONNECT", "get", "LOCK"})
  void anyOtherRequestMayBeRetriedOnlyWhenThePeerSawNothingOfIt(String method) {
    Exchange exchange = begin(method);
    assertThat(failed(exchange, broken(exchange.newHttpPeer()))).isEqualTo(RetryStep.GIVE_UP);
    exchange = begin(method);
    HttpPeer peer = exchange.newHttpPeer();
    assertThat(failed(exchange, PeerException.stale(peer, false, "closed")))
        .isEqualTo(RetryStep.GIVE_UP);
    exchange = begin(method);
    assertThat(failed(exchange, refused(exchange.newHttpPeer()))).isEqualTo(RetryStep.NEXT_PEER);
  }

  @Test
  void retriesEndWithTheBudget() {
    world.apply(world.setup().withVersion(2).withRetry(5, 0, 3));
    int allowed = 0;
    for (int i = 0; i < 10; i++) {
      Exchange exchange = begin("GET");
      allowed += failed(exchange, broken(exchange.newHttpPeer())).isRetry() ? 1 : 0;
      exchange.close();
    }
    assertThat(allowed).isEqualTo(3);
    world.time.runReady();
    assertThat(world.api().stats().retriesExhausted()).isEqualTo(7);
    assertThat(world.events(RetryBudgetExhausted.class))
        .containsExactly(new RetryBudgetExhausted("api", 7));
  }

  @Test
  void aTryThatCouldNotConnectTakesNothingFromTheBudget() {
    world.apply(world.setup().withVersion(2).withRetry(5, 0, 0));
    for (int i = 0; i < 100; i++) {
      try (Exchange exchange = begin("POST")) {
        assertThat(failed(exchange, refused(exchange.newHttpPeer())).isRetry()).isTrue();
      }
    }
  }

  @Test
  void aRefusedStreamTakesNothingFromTheBudgetEither() {
    world.apply(world.setup().withVersion(2).withRetry(2, 0, 0));
    Exchange exchange = begin("POST");
    for (int i = 0; i < 2; i++) {
      PeerException refused =
          PeerException.unsent(exchange.newHttpPeer(), Failure.REFUSED, "REFUSED_STREAM");
      assertThat(failed(exchange, refused).isRetry()).isTrue();
    }
    PeerException last =
        PeerException.unsent(exchange.newHttpPeer(), Failure.REFUSED, "REFUSED_STREAM");
    assertThat(failed(exchange, last)).as("a third time").isEqualTo(RetryStep.GIVE_UP);
    exchange.close();
  }

  @Test
  void aClosedConnectorIsNoReasonToRetry() {
    Exchange exchange = begin("GET");
    HttpPeer peer = exchange.newHttpPeer();
    PeerException shutdown = PeerException.unsent(peer, Failure.SHUTDOWN, "closed");

    assertThat(failed(exchange, shutdown)).isEqualTo(RetryStep.GIVE_UP);
  }

  @Test
  void aStaleConnectionSaysNothingAboutTheBackend() {
    Exchange exchange = begin("GET");
    HttpPeer peer = exchange.newHttpPeer();
    PeerException stale = PeerException.stale(peer, false, "closed by the peer");

    assertThat(failed(exchange, stale)).isEqualTo(RetryStep.SAME_PEER_FRESH);
    assertThat(world.stats(A).inFlight()).as("the try goes on").isEqualTo(1);
    assertThat(failed(exchange, stale)).as("once").isEqualTo(RetryStep.NEXT_PEER);
    assertThat(world.stats(A).failures()).isZero();
    assertThat(world.api().stats().retries()).isZero();
  }

  @Test
  void aTryMovesOnFromConnectionsThatEndBeforeTheyComeToIt() {
    Exchange exchange = begin("POST");
    HttpPeer peer = exchange.newHttpPeer();
    PeerException unprocessed = PeerException.unprocessed(peer, "GOAWAY");

    for (int i = 0; i < 100; i++) {
      assertThat(failed(exchange, unprocessed)).isEqualTo(RetryStep.SAME_PEER);
    }
    assertThat(world.stats(A).inFlight()).isEqualTo(1);
    assertThat(failed(exchange, unprocessed).action())
        .as("not without limit")
        .isEqualTo(RetryStep.Action.NEXT_PEER);
    assertThat(world.stats(A).failures()).isZero();
  }

  @Test
  void onlyAStaleConnectionIsReasonToReconnectAndOnlyWhenTheRequestIsRepeatable() {
    Exchange get = begin("GET");
    HttpPeer peer = get.newHttpPeer();
    assertThat(failed(get, refused(peer))).isEqualTo(RetryStep.NEXT_PEER);
    get.close();
    assertThat(failed(get, PeerException.stale(peer, true, "closed"))).isEqualTo(RetryStep.GIVE_UP);

    Exchange post = begin("POST");
    HttpPeer other = post.newHttpPeer();
    assertThat(failed(post, PeerException.stale(other, true, "closed")))
        .isEqualTo(RetryStep.SAME_PEER_FRESH);
    post.close();
    post = begin("POST");
    other = post.newHttpPeer();
    assertThat(failed(post, PeerException.stale(other, false, "closed")))
        .isEqualTo(RetryStep.GIVE_UP);
  }

  @Test
  void latencyIsMeasuredToTheHeadOfTheResponse() {
    BackendState state = world.api().backends().current().state(0);
    Exchange exchange = begin("GET");
    exchange.newHttpPeer();
    world.advance(Duration.ofMillis(50));
    exchange.responded(200);
    world.advance(Duration.ofSeconds(5));
    exchange.succeeded(200);

    assertThat(state.latencyNanos()).isBetween(49_999_000L, 50_001_000L);
  }

  @Test
  void latencyForgetsWithTime() {
    BackendState state = world.api().backends().current().state(0);
    sample(state, Duration.ofMillis(100));
    sample(state, Duration.ofMillis(10));
    assertThat(state.latencyNanos()).as("just after").isBetween(99_000_000L, 100_000_000L);

    world.advance(Duration.ofSeconds(10));
    sample(state, Duration.ofMillis(10));
    // 10 + 90/e
    assertThat(state.latencyNanos()).as("10 s later").isBetween(42_000_000L, 44_000_000L);

    world.advance(Duration.ofDays(40));
    sample(state, Duration.ofMillis(10));
    assertThat(state.latencyNanos()).as("long after").isBetween(9_999_000L, 10_001_000L);
  }

  private void sample(BackendState state, Duration latency) {
    state.sample(latency.toNanos(), world.time.nanoTime());
  }

  @Test
  void aReportWithoutATryIsAMistakeOfTheCaller() {
    Exchange exchange = begin("GET");
    assertThatThrownBy(() -> exchange.succeeded(200)).isInstanceOf(IllegalStateException.class);
    exchange.newHttpPeer();
    assertThatThrownBy(exchange::newHttpPeer).isInstanceOf(IllegalStateException.class);
    exchange.close();
  }

  @Test
  void aRequestUnderWayOutlivesTheRemovalOfItsBackend() {
    Exchange exchange = begin("GET");
    HttpPeer peer = exchange.newHttpPeer();
    assertThat(peer.backend()).isEqualTo(A);
    world.find(B);
    assertThat(failed(exchange, broken(peer))).isEqualTo(RetryStep.NEXT_PEER);
    assertThat(exchange.newHttpPeer().backend()).isEqualTo(B);
    exchange.succeeded(200);
    exchange.close();
    assertThat(world.stats(B).inFlight()).isZero();
  }
}
