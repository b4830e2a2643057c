package io.upstream4j.core.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.upstream4j.core.peer.Alpn;
import io.upstream4j.core.peer.ConnectionStats;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.peer.PeerOptions;
import io.upstream4j.core.peer.PoolLimits;
import io.upstream4j.core.peer.SocketOptions;
import io.upstream4j.core.peer.Timeouts;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Connections that are opened before a request wants them. */
class PreconnectTest {
  private final Connector connector = new Connector(2);

  @AfterEach
  void close() {
    connector.close();
  }

  private static PeerOptions options(Alpn alpn, int most, int idle, Duration idleTimeout) {
    Timeouts all = Peers.TIMEOUTS;
    return new PeerOptions(
        alpn,
        Optional.empty(),
        new Timeouts(all.connection(), all.totalConnection(), all.read(), all.write(), idleTimeout),
        new PoolLimits(
            most, 1_000, Duration.ofSeconds(20), OptionalInt.empty(), Optional.empty(), idle),
        SocketOptions.SYSTEM);
  }

  private static HttpPeer peer(int port, int most, int idle) {
    return Peers.of(port, options(Alpn.H1, most, idle, Duration.ofSeconds(60)));
  }

  private ConnectionStats stats(HttpPeer peer) {
    return connector.stats(peer);
  }

  private void awaitIdle(HttpPeer peer, int idle) {
    Await.until(idle + " idle: " + peer, () -> stats(peer).idle() == idle);
  }

  /** Until each loop has done what it was to do, and what came of that. */
  private void settle() throws Exception {
    for (int i = 0; i < 3; i++) {
      for (EventLoop loop : loops()) {
        loop.submit(() -> {}).get(20, TimeUnit.SECONDS);
      }
    }
  }

  private List<EventLoop> loops() {
    List<EventLoop> loops = new ArrayList<>();
    connector.eventLoops().forEach(loop -> loops.add((EventLoop) loop));
    return loops;
  }

  @Test
  void theyAreThereBeforeTheFirstRequestAndSpreadOverTheLoops() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering("x")) {
      HttpPeer peer = peer(server.port(), 10, 4);

      connector.warm(peer);

      awaitIdle(peer, 4);
      assertThat(stats(peer).opened()).isEqualTo(4);
      List<HttpStream> streams = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        streams.add(Call.open(connector, peer, loops().get(i % 2)));
      }
      assertThat(streams).extracting(HttpStream::eventLoop).containsAll(loops());
      assertThat(streams).noneMatch(HttpStream::isReused);
      for (HttpStream stream : streams) {
        assertThat(Call.start(stream, Call.get("/")).response().text()).isEqualTo("x");
      }
    }
  }

  @Test
  void thoseThatAreTakenAreReplacedButNotAboveTheLimit() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering("x")) {
      HttpPeer peer = peer(server.port(), 5, 2);
      connector.warm(peer);
      awaitIdle(peer, 2);

      List<HttpStream> streams = new ArrayList<>();
      for (int taken = 1; taken <= 5; taken++) {
        streams.add(Call.open(connector, peer));
        int idle = Math.min(2, 5 - taken);
        awaitIdle(peer, idle);
      }

      settle();
      assertThat(stats(peer).opened()).isEqualTo(5);
      Future<HttpStream> waiting = connector.open(peer, Call.anyLoop(connector));
      Await.until("it waits", () -> stats(peer).pending() == 1);
      Call.start(streams.get(0), Call.get("/")).response();
      assertThat(waiting.get(20, TimeUnit.SECONDS).isReused()).isTrue();
    }
  }

  @Test
  void thoseThatThePeerClosesAreReplaced() throws Exception {
    CountDownLatch leave = new CountDownLatch(1);
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              if (connection.number <= 2) {
                leave.await(60, TimeUnit.SECONDS);
              } else {
                connection.readToEnd();
              }
            })) {
      HttpPeer peer = peer(server.port(), 10, 2);
      connector.warm(peer);
      awaitIdle(peer, 2);

      leave.countDown();

      Await.until("two more", () -> stats(peer).opened() >= 4 && stats(peer).idle() == 2);
    }
  }

  @Test
  void thoseThatAreIdleTooLongAreReplaced() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering("x")) {
      HttpPeer peer = Peers.of(server.port(), options(Alpn.H1, 10, 2, Duration.ofMillis(1_500)));
      connector.warm(peer);

      Await.until("two rounds", () -> stats(peer).opened() >= 6 && stats(peer).idle() == 2);
      assertThat(stats(peer).closed()).isGreaterThanOrEqualTo(4);
    }
  }

  @Test
  void limitsThatKeepNoneForLongAreNoReasonToAskLessAndLessOften() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering("x")) {
      HttpPeer peer = Peers.of(server.port(), options(Alpn.H1, 10, 1, Duration.ofMillis(1)));
      long began = System.nanoTime();
      connector.warm(peer);

      Await.until("ten rounds", () -> stats(peer).opened() >= 10);

      assertThat(System.nanoTime() - began)
          .as("a fifth of a second each; it would be more than a minute")
          .isBetween(TimeUnit.MILLISECONDS.toNanos(9 * 200), TimeUnit.SECONDS.toNanos(25));
    }
  }

  @Test
  void aPeerThatRefusesIsAskedLessAndLessOften() throws Exception {
    try (Socket bound = new Socket()) {
      // Bound, but not listening.
      bound.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      HttpPeer peer = peer(bound.getLocalPort(), 10, 1);
      long began = System.nanoTime();
      connector.warm(peer);

      Await.until("four tries", () -> stats(peer).failed() >= 4);

      // At least half of 200, 400 and 800 ms between them.
      assertThat(System.nanoTime() - began).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(700));
      assertThat(stats(peer).opened()).isZero();
    }
  }

  @Test
  void aPeerThatClosesAtOnceIsAskedLessAndLessOften() throws Exception {
    try (ScriptedServer server = new ScriptedServer(connection -> {})) {
      HttpPeer peer = peer(server.port(), 10, 1);
      long began = System.nanoTime();
      connector.warm(peer);

      Await.until("four tries", () -> stats(peer).failed() + stats(peer).closed() >= 4);

      assertThat(System.nanoTime() - began).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(700));
    }
  }

  @Test
  void noneIsOpenedAnyMoreWhenAllThatWantedThemHaveEnded() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering("x")) {
      HttpPeer peer = peer(server.port(), 10, 2);
      connector.warm(peer);
      connector.warm(peer);
      connector.cool(peer);
      Call.open(connector, peer);
      Await.until("still warm", () -> stats(peer).opened() >= 3 && stats(peer).idle() == 2);
      settle();

      connector.cool(peer);
      long opened = stats(peer).opened();
      Call.open(connector, peer);
      Call.open(connector, peer);

      settle();
      assertThat(stats(peer).opened()).isEqualTo(opened);
      assertThat(stats(peer).idle()).isZero();
    }
  }

  @Test
  void theyEndWithTheirBackend() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering("x")) {
      HttpPeer peer = peer(server.port(), 10, 3);
      connector.warm(peer);
      awaitIdle(peer, 3);

      connector.retire(peer);

      Await.until("all is closed", () -> connector.open() == 0 && connector.pools() == 0);
      settle();
      assertThat(connector.pools()).isZero();
    }
  }

  @Test
  void oneThatThePeerClosesInTheMomentOfItsUseSaysNothingAboutThePeer() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              connection.readHead();
              if (connection.number > 1) {
                connection.ok("x");
                connection.readToEnd();
              }
            })) {
      HttpPeer peer = peer(server.port(), 1, 1);
      connector.warm(peer);
      awaitIdle(peer, 1);

      PeerException failure = Call.start(Call.open(connector, peer), Call.get("/")).failure();

      assertThat(failure.isStaleConnection()).isTrue();
      HttpStream fresh =
          connector.openFresh(peer, Call.anyLoop(connector)).get(20, TimeUnit.SECONDS);
      assertThat(Call.start(fresh, Call.get("/")).response().text()).isEqualTo("x");
    }
  }

  @Test
  void whoWantsAFreshConnectionGetsNoneThatWaitedInThePool() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering("x")) {
      HttpPeer peer = peer(server.port(), 1, 1);
      connector.warm(peer);
      awaitIdle(peer, 1);

      connector.openFresh(peer, Call.anyLoop(connector)).get(20, TimeUnit.SECONDS);

      assertThat(stats(peer).opened()).isEqualTo(2);
      Await.until("the first is closed", () -> stats(peer).closed() == 1);
    }
  }

  @Test
  void connectionsOfHttp2AreReadyToo(@TempDir Path folder) throws Exception {
    try (Nghttpd server = Nghttpd.clear(folder)) {
      HttpPeer peer = Peers.of(server.port(), options(Alpn.H2, 10, 3, Duration.ofSeconds(60)));
      connector.warm(peer);
      awaitIdle(peer, 3);

      assertThat(Call.fetch(connector, peer, "/").status()).isEqualTo(404);

      settle();
      assertThat(stats(peer).opened()).isEqualTo(3);
    }
  }

  @Test
  void moreThanThereMayBeAreRefused() {
    assertThatThrownBy(() -> peer(1, 2, 3))
        .hasMessage("minIdle: 3 (expected: 0 to maxConnections, 2)");
  }
}
