package io.upstream4j.core.connect;

import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.core.peer.Alpn;
import io.upstream4j.core.peer.CloseReason;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.peer.PeerException.Failure;
import io.upstream4j.core.peer.PeerOptions;
import io.upstream4j.core.peer.SocketOptions;
import io.upstream4j.core.peer.Timeouts;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pooled connections whose peer is gone without a word: they are open on this side only. */
class LostPeerTest {
  private static final Duration LIMIT = Duration.ofSeconds(2);
  private static final Duration SHORT = Duration.ofMillis(500);
  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir Path folder;
  private final Connector connector = new Connector(1);

  @AfterEach
  void close() {
    connector.close();
  }

  private static HttpPeer peer(
      LostServer server, Duration connect, Duration read, SocketOptions socket) {
    return Peers.of(
        server.address(),
        new PeerOptions(
            Alpn.H1,
            Optional.empty(),
            new Timeouts(connect, LONG, read, LONG, LONG),
            Peers.LIMITS,
            socket));
  }

  private void use(HttpPeer peer) throws Exception {
    assertThat(Call.fetch(connector, peer, "/").text()).isEqualTo("hello");
    assertThat(connector.stats(peer).idle()).isEqualTo(1);
  }

  @Test
  void theReadTimeoutTellsAndTheConnectTimeoutTellsTheNext() throws Exception {
    try (LostServer server = LostServer.start(folder)) {
      HttpPeer peer = peer(server, LIMIT, LIMIT, SocketOptions.SYSTEM);
      use(peer);
      server.lose();
      long began = System.nanoTime();

      PeerException first = Call.start(Call.open(connector, peer), Call.get("/")).failure();

      assertThat(System.nanoTime() - began).isGreaterThanOrEqualTo(LIMIT.toNanos() * 9 / 10);
      assertThat(first.failure()).isEqualTo(Failure.READ_TIMEOUT);
      assertThat(first.isSafeToRetry()).as("it may have come through").isFalse();
      Await.until("closed", () -> connector.open() == 0);
      PeerException second =
          (PeerException) connector.open(peer, Call.anyLoop(connector)).await().cause();
      assertThat(second.failure()).isEqualTo(Failure.CONNECT_TIMEOUT);
      assertThat(second.isSafeToRetry()).isTrue();
    }
  }

  @Test
  void tcpUserTimeoutTellsSoonerAndThatTheConnectionWasStale() throws Exception {
    try (LostServer server = LostServer.start(folder)) {
      SocketOptions socket =
          new SocketOptions(
              Optional.empty(),
              Optional.empty(),
              Optional.empty(),
              Optional.of(SHORT),
              Optional.empty(),
              false);
      HttpPeer peer = peer(server, LONG, LONG, socket);
      use(peer);
      server.lose();
      long began = System.nanoTime();

      PeerException failure = Call.start(Call.open(connector, peer), Call.get("/")).failure();

      assertThat(failure.failure()).isEqualTo(Failure.CLOSED);
      assertThat(failure.isStaleConnection()).isTrue();
      assertThat(failure.isSafeToRetry()).as("it may have come through").isFalse();
      assertThat(System.nanoTime() - began)
          .isBetween(SHORT.toNanos() * 9 / 10, TimeUnit.SECONDS.toNanos(30));
      Await.until("closed", () -> connector.open() == 0);
    }
  }

  @Test
  void keepAliveProbesFindOutBeforeARequestDoes() throws Exception {
    try (LostServer server = LostServer.start(folder)) {
      Duration second = Duration.ofSeconds(1);
      SocketOptions socket =
          new SocketOptions(
              Optional.of(second),
              Optional.of(second),
              Optional.of(2),
              Optional.empty(),
              Optional.empty(),
              false);
      HttpPeer peer = peer(server, LONG, LONG, socket);
      use(peer);

      server.lose();

      Await.until("the idle connection is closed", () -> connector.open() == 0);
      assertThat(connector.stats(peer).closings()).containsEntry(CloseReason.PEER_CLOSED, 1L);
    }
  }
}
