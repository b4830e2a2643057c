package io.upstream4j.core.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.util.concurrent.Future;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.peer.PeerException.Failure;
import io.upstream4j.core.peer.PoolLimits;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The end of a connector. */
class CloseTest {
  @AfterEach
  void noThreadIsLeft() {
    Await.until(
        "no thread of a connector is left",
        () ->
            Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().startsWith("upstream4j-")));
  }

  @Test
  void idleConnectionsAreClosedAndNewRequestsRefused() throws Exception {
    CompletableFuture<Long> ended = new CompletableFuture<>();
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              connection.readHead();
              connection.ok("x");
              ended.complete(connection.readToEnd());
            })) {
      Connector connector = new Connector(2);
      HttpPeer peer =
          Peers.of(InetSocketAddress.createUnresolved("localhost", server.port()), Peers.PLAIN);
      Call.fetch(connector, peer, "/");

      connector.close(Duration.ofSeconds(20));
      connector.close();

      assertThat(ended.get(20, TimeUnit.SECONDS)).isZero();
      assertThat(connector.open()).isZero();
      assertThat(connector.pools()).isZero();
      Future<HttpStream> late = connector.open(peer, Call.anyLoop(connector));
      assertThat(((PeerException) late.cause()).failure()).isEqualTo(Failure.SHUTDOWN);
    }
  }

  @Test
  void exchangesUnderWayMayEndWithinTheGrace() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              connection.readHead();
              go.await();
              connection.ok("late");
            })) {
      Connector connector = new Connector(2);
      Call call = Call.start(Call.open(connector, Peers.of(server.port())), Call.get("/"));
      Thread closer = new Thread(() -> connector.close(Duration.ofSeconds(30)));
      closer.start();
      Await.until(
          "it closes",
          () ->
              connector.open(Peers.of(1), Call.anyLoop(connector)).cause()
                      instanceof PeerException e
                  && e.failure() == Failure.SHUTDOWN);
      assertThat(call.done).isNotDone();

      go.countDown();

      assertThat(call.response().text()).isEqualTo("late");
      closer.join(20_000);
      assertThat(closer.isAlive()).isFalse();
    }
  }

  @Test
  void exchangesThatOutliveTheGraceAreTold() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              connection.readHead();
              connection.stall();
            })) {
      Connector connector = new Connector(2);
      HttpPeer peer =
          Peers.of(server.port(), Peers.with(new PoolLimits(1, 10, Duration.ofSeconds(60))));
      Call call = Call.start(Call.open(connector, peer), Call.get("/"));
      Future<HttpStream> waiting = connector.open(peer, Call.anyLoop(connector));
      Await.until("it waits", () -> connector.stats(peer).pending() == 1);

      connector.close(Duration.ofMillis(100));

      assertThat(call.failure().failure()).isEqualTo(Failure.SHUTDOWN);
      assertThat(((PeerException) waiting.await().cause()).failure()).isEqualTo(Failure.SHUTDOWN);
    }
  }

  @Test
  void aConnectionThatIsBeingOpenedIsGivenUp() throws Exception {
    try (ScriptedServer server = new ScriptedServer(ScriptedServer.Connection::stall)) {
      Connector connector = new Connector(1);
      HttpPeer peer =
          Peers.of(
              server.port(),
              Peers.with(new io.upstream4j.core.peer.TlsOptions("localhost", false, false)));
      Future<HttpStream> opening = connector.open(peer, Call.anyLoop(connector));
      Await.until("the handshake begins", () -> server.accepted.get() == 1);

      connector.close();

      assertThat(((PeerException) opening.await().cause()).failure()).isEqualTo(Failure.SHUTDOWN);
    }
  }

  @Test
  void aLoopCannotWaitForItself() throws Exception {
    Connector connector = new Connector(1);
    try {
      assertThatThrownBy(
              () ->
                  Call.anyLoop(connector).submit(() -> connector.close()).get(20, TimeUnit.SECONDS))
          .cause()
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("expected: a call from another thread");
    } finally {
      connector.close();
    }
  }

  @Test
  void anUnusedConnectorClosesAtOnce() {
    long began = System.nanoTime();
    new Connector(2).close(Duration.ofSeconds(30));
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(10));
  }
}
