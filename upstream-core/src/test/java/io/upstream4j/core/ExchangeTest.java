package io.upstream4j.core;

import static io.upstream4j.core.World.A;
import static io.upstream4j.core.World.B;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.upstream4j.core.UpstreamEvent.BackendFailing;
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
    exchange.failed(refused(exchange.newHttpPeer()));
    exchange.close();
  }

  @Test
  void anAbandonedTryLeavesNothingInFlightAndCountsAsNoFailure() {
    Exchange exchange = begin("GET");
    HttpPeer peer = exchange.newHttpPeer();
    exchange.close();
    exchange.close();
    exchange.failed(broken(peer));
    exchange.succeeded(200);

    assertThat(world.stats(A).inFlight()).isZero();
    assertThat(world.stats(A).failures()).isZero();
    assertThatThrownBy(exchange::newHttpPeer).isInstanceOf(IllegalStateException.class);
    assertThat(exchange.mayRetry(refused(peer))).isFalse();
  }

  @Test
  void aRetryAvoidsTheBackendThatFailed() {
    for (int i = 0; i < 10; i++) {
      Exchange exchange = begin("GET");
      HttpPeer first = exchange.newHttpPeer();
      exchange.failed(broken(first));
      assertThat(exchange.mayRetry(broken(first))).isTrue();
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
  void whenAllWereTriedTheyAreTriedAgain() {
    Exchange exchange = begin("GET");
    exchange.failed(broken(exchange.newHttpPeer()));
    exchange.failed(broken(exchange.newHttpPeer()));

    assertThat(exchange.newHttpPeer().backend()).isIn(A, B);
    exchange.close();
  }

  @Test
  void triesAreBounded() {
    Exchange exchange = begin("GET");
    for (int i = 0; i < 2; i++) {
      HttpPeer peer = exchange.newHttpPeer();
      exchange.failed(refused(peer));
      assertThat(exchange.mayRetry(refused(peer))).isTrue();
    }
    HttpPeer last = exchange.newHttpPeer();
    exchange.failed(refused(last));
    assertThat(exchange.mayRetry(refused(last))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
  void anIdempotentRequestMayBeRetriedWhateverThePeerSawOfIt(String method) {
    Exchange exchange = begin(method);
    HttpPeer peer = exchange.newHttpPeer();
    exchange.failed(broken(peer));

    assertThat(exchange.mayRetry(broken(peer))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "PATCH", "CONNECT", "get", "LOCK"})
  void anyOtherRequestMayBeRetriedOnlyWhenThePeerSawNothingOfIt(String method) {
    Exchange exchange = begin(method);
    HttpPeer peer = exchange.newHttpPeer();
    exchange.failed(broken(peer));

    assertThat(exchange.mayRetry(broken(peer))).isFalse();
    assertThat(exchange.mayRetry(PeerException.stale(peer, false, "closed"))).isFalse();
    assertThat(exchange.mayRetry(refused(peer))).isTrue();
  }

  @Test
  void retriesEndWithTheBudget() {
    world.apply(world.setup().withVersion(2).withRetry(5, 0, 3));
    int allowed = 0;
    for (int i = 0; i < 10; i++) {
      Exchange exchange = begin("GET");
      HttpPeer peer = exchange.newHttpPeer();
      exchange.failed(broken(peer));
      allowed += exchange.mayRetry(broken(peer)) ? 1 : 0;
      exchange.close();
    }
    assertThat(allowed).isEqualTo(3);
  }

  @Test
  void aTryThatCouldNotConnectTakesNothingFromTheBudget() {
    world.apply(world.setup().withVersion(2).withRetry(5, 0, 0));
    for (int i = 0; i < 100; i++) {
      try (Exchange exchange = begin("POST")) {
        HttpPeer peer = exchange.newHttpPeer();
        exchange.failed(refused(peer));
        assertThat(exchange.mayRetry(refused(peer))).isTrue();
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
      exchange.failed(refused);
      assertThat(exchange.mayRetry(refused)).isTrue();
    }
    PeerException last =
        PeerException.unsent(exchange.newHttpPeer(), Failure.REFUSED, "REFUSED_STREAM");
    exchange.failed(last);
    assertThat(exchange.mayRetry(last)).as("a third time").isFalse();
    exchange.close();
  }

  @Test
  void aClosedConnectorIsNoReasonToRetry() {
    Exchange exchange = begin("GET");
    HttpPeer peer = exchange.newHttpPeer();
    PeerException shutdown = PeerException.unsent(peer, Failure.SHUTDOWN, "closed");
    exchange.failed(shutdown);

    assertThat(exchange.mayRetry(shutdown)).isFalse();
  }

  @Test
  void aStaleConnectionSaysNothingAboutTheBackend() {
    Exchange exchange = begin("GET");
    HttpPeer peer = exchange.newHttpPeer();
    PeerException stale = PeerException.stale(peer, false, "closed by the peer");

    assertThat(exchange.mayReconnect(stale)).isTrue();
    assertThat(world.stats(A).inFlight()).as("the try goes on").isEqualTo(1);
    assertThat(exchange.mayReconnect(stale)).as("once").isFalse();
    exchange.failed(stale);
    assertThat(world.stats(A).failures()).isZero();
    assertThat(world.api().stats().retries()).isZero();
  }

  @Test
  void aTryMovesOnFromConnectionsThatEndBeforeTheyComeToIt() {
    Exchange exchange = begin("POST");
    HttpPeer peer = exchange.newHttpPeer();
    PeerException unprocessed = PeerException.unprocessed(peer, "GOAWAY");

    for (int i = 0; i < 100; i++) {
      assertThat(exchange.mayReconnect(unprocessed)).isTrue();
    }
    assertThat(exchange.mayReconnect(unprocessed)).as("not for ever").isFalse();
    assertThat(world.stats(A).inFlight()).isEqualTo(1);
    exchange.failed(unprocessed);
    assertThat(world.stats(A).failures()).isZero();
  }

  @Test
  void onlyAStaleConnectionIsReasonToReconnectAndOnlyWhenTheRequestIsRepeatable() {
    Exchange get = begin("GET");
    HttpPeer peer = get.newHttpPeer();
    assertThat(get.mayReconnect(refused(peer))).isFalse();
    get.close();
    assertThat(get.mayReconnect(PeerException.stale(peer, true, "closed"))).isFalse();

    Exchange post = begin("POST");
    HttpPeer other = post.newHttpPeer();
    assertThat(post.mayReconnect(PeerException.stale(other, false, "closed"))).isFalse();
    assertThat(post.mayReconnect(PeerException.stale(other, true, "closed"))).isTrue();
  }

  @Test
  void latencyIsMeasuredToTheHeadOfTheResponse() {
    BackendState state = world.api().pool().current().state(0);
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
    BackendState state = world.api().pool().current().state(0);
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
    exchange.failed(broken(peer));
    assertThat(exchange.mayRetry(broken(peer))).isTrue();
    assertThat(exchange.newHttpPeer().backend()).isEqualTo(B);
    exchange.succeeded(200);
    exchange.close();
    assertThat(world.stats(B).inFlight()).isZero();
  }
}
