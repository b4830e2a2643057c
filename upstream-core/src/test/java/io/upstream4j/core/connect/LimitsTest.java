package io.upstream4j.core.connect;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.peer.PeerException.Failure;
import io.upstream4j.core.peer.PoolLimits;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How many connections and waiting requests there may be, and who gets the next connection. */
class LimitsTest {
  private final Connector connector = new Connector(2);

  @AfterEach
  void close() {
    connector.close();
  }

  private static HttpPeer limited(ScriptedServer server, int connections, int pending) {
    return limited(server, connections, pending, Duration.ofSeconds(20));
  }

  private static HttpPeer limited(
      ScriptedServer server, int connections, int pending, Duration timeout) {
    return Peers.of(server.port(), Peers.with(new PoolLimits(connections, pending, timeout)));
  }

  private EventLoop loop(int index) {
    List<EventLoop> loops = new ArrayList<>();
    connector.eventLoops().forEach(loop -> loops.add((EventLoop) loop));
    return loops.get(index);
  }

  @Test
  void noMoreConnectionsThanAllowedAndEveryRequestIsServed() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering("x")) {
      HttpPeer peer = limited(server, 3, 1_000);
      List<Call> calls = new ArrayList<>();
      CountDownLatch all = new CountDownLatch(300);
      for (int i = 0; i < 300; i++) {
        connector
            .open(peer, loop(i % 2))
            .addListener(
                opened -> {
                  Call call = Call.start((HttpStream) opened.getNow(), Call.get("/"));
                  synchronized (calls) {
                    calls.add(call);
                  }
                  all.countDown();
                });
      }
      assertThat(all.await(30, TimeUnit.SECONDS)).isTrue();
      for (Call call : calls) {
        assertThat(call.response().text()).isEqualTo("x");
      }
      assertThat(server.accepted).hasValueLessThanOrEqualTo(3);
      Await.until("all idle", () -> connector.stats(peer).inUse() == 0);
      assertThat(connector.stats(peer).pending()).isZero();
    }
  }

  @Test
  void aRequestThatWaitsGetsTheNextConnectionThatIsReleasedOnAnyLoop() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering("x")) {
      HttpPeer peer = limited(server, 1, 10);
      HttpStream first = Call.open(connector, peer, loop(0));
      Future<HttpStream> second = connector.open(peer, loop(1));
      Await.until("it waits", () -> connector.stats(peer).pending() == 1);
      assertThat(second.isDone()).isFalse();

      Call.start(first, Call.get("/")).response();

      HttpStream given = second.get(20, TimeUnit.SECONDS);
      assertThat(given.isReused()).isTrue();
      assertThat(Call.start(given, Call.get("/")).response().text()).isEqualTo("x");
    }
  }

  @Test
  void aRequestThatWaitsGetsANewConnectionWhenTheOneInUseBreaks() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              connection.readHead();
              if (connection.number > 1) {
                connection.ok("x");
              }
            })) {
      HttpPeer peer = limited(server, 1, 10);
      HttpStream first = Call.open(connector, peer, loop(0));
      Future<HttpStream> second = connector.open(peer, loop(1));
      Await.until("it waits", () -> connector.stats(peer).pending() == 1);

      assertThat(Call.start(first, Call.get("/")).failure().failure()).isEqualTo(Failure.CLOSED);

      assertThat(Call.start(second.get(20, TimeUnit.SECONDS), Call.get("/")).response().text())
          .isEqualTo("x");
    }
  }

  @Test
  void oneRequestTooManyIsRefused() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering("x")) {
      HttpPeer peer = limited(server, 1, 1);
      HttpStream first = Call.open(connector, peer);
      Future<HttpStream> waiting = connector.open(peer, loop(0));
      Await.until("it waits", () -> connector.stats(peer).pending() == 1);

      PeerException refused = (PeerException) connector.open(peer, loop(0)).await().cause();

      assertThat(refused.failure()).isEqualTo(Failure.PENDING_LIMIT);
      assertThat(refused)
          .hasMessageContaining("all 1 connections are in use and 1 requests wait already");
      assertThat(refused.isSafeToRetry()).isTrue();
      first.cancel();
      assertThat(waiting.get(20, TimeUnit.SECONDS)).isNotNull();
    }
  }

  @Test
  void aRequestThatWaitsTooLongIsRefused() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering("x")) {
      HttpPeer peer = limited(server, 1, 5, Duration.ofMillis(300));
      HttpStream first = Call.open(connector, peer);
      long began = System.nanoTime();

      PeerException late = (PeerException) connector.open(peer, loop(0)).await().cause();

      assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began)).isBetween(295L, 2_300L);
      assertThat(late.failure()).isEqualTo(Failure.PENDING_TIMEOUT);
      assertThat(late).hasMessageContaining("all 1 connections stayed in use for 300ms");
      assertThat(connector.stats(peer).pending()).isZero();
      assertThat(Call.start(first, Call.get("/")).response().text()).isEqualTo("x");
    }
  }

  @Test
  void aCancelledWaitTakesNoConnection() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering("x")) {
      HttpPeer peer = limited(server, 1, 5);
      HttpStream first = Call.open(connector, peer);
      Future<HttpStream> cancelled = connector.open(peer, loop(0));
      Future<HttpStream> next = connector.open(peer, loop(1));
      Await.until("both wait", () -> connector.stats(peer).pending() == 2);

      assertThat(cancelled.cancel(false)).isTrue();
      assertThat(connector.stats(peer).pending()).isEqualTo(1);
      Call.start(first, Call.get("/")).response();

      assertThat(next.get(20, TimeUnit.SECONDS).isReused()).isTrue();
    }
  }

  @Test
  void aConnectionThatNobodyWantsAnyMoreGoesToThePool() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering("x")) {
      HttpPeer peer = limited(server, 1, 5);
      // The loop is kept busy until then: else the connection may be there first, and is the
      // caller's to give back.
      CountDownLatch cancelled = new CountDownLatch(1);
      loop(0).execute(() -> awaitQuietly(cancelled));
      Future<HttpStream> opening = connector.open(peer, loop(0));
      assertThat(opening.cancel(false)).isTrue();
      cancelled.countDown();

      assertThat(Call.fetch(connector, peer, "/").text()).isEqualTo("x");
      assertThat(server.accepted).hasValue(1);
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await(20, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void theIdleConnectionOfAnotherLoopIsTakenBeforeANewOneIsOpened() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering("x")) {
      HttpPeer peer = Peers.of(server.port());
      Call.start(Call.open(connector, peer, loop(0)), Call.get("/")).response();

      HttpStream stolen = Call.open(connector, peer, loop(1));

      assertThat(stolen.isReused()).isTrue();
      assertThat(Call.start(stolen, Call.get("/")).response().text()).isEqualTo("x");
      assertThat(server.accepted).hasValue(1);
    }
  }

  @Test
  void theLastConnectionUsedIsTheNextOneUsed() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              while (!connection.readHead().isEmpty()) {
                connection.ok("" + connection.number);
              }
            })) {
      HttpPeer peer = Peers.of(server.port());
      HttpStream a = Call.open(connector, peer, loop(0));
      HttpStream b = Call.open(connector, peer, loop(0));
      Call.start(a, Call.get("/")).response();
      String last = Call.start(b, Call.get("/")).response().text();

      for (int i = 0; i < 5; i++) {
        HttpStream next = Call.open(connector, peer, loop(0));
        assertThat(Call.start(next, Call.get("/")).response().text()).isEqualTo(last);
      }
    }
  }

  @Test
  void aFreshConnectionAtTheLimitReplacesAnIdleOne() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering("x")) {
      HttpPeer peer = limited(server, 1, 0);
      Call.start(Call.open(connector, peer, loop(0)), Call.get("/")).response();

      HttpStream fresh = connector.openFresh(peer, loop(1)).get(20, TimeUnit.SECONDS);

      assertThat(fresh.isReused()).isFalse();
      assertThat(Call.start(fresh, Call.get("/")).response().text()).isEqualTo("x");
      assertThat(server.accepted).hasValue(2);
      assertThat(connector.stats(peer).closed()).isEqualTo(1);
    }
  }

  @Test
  void aFreshConnectionThatHadToWaitIsFreshAllTheSame() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering("x")) {
      HttpPeer peer = limited(server, 1, 5);
      HttpStream first = Call.open(connector, peer, loop(0));
      Future<HttpStream> fresh = connector.openFresh(peer, loop(1));
      Await.until("it waits", () -> connector.stats(peer).pending() == 1);

      Call.start(first, Call.get("/")).response();

      assertThat(fresh.get(20, TimeUnit.SECONDS).isReused()).isFalse();
      Await.until("the second is accepted", () -> server.accepted.get() == 2);
    }
  }

  @Test
  void whoCannotConnectDoesNotKeepAPlace() throws Exception {
    try (Socket bound = new Socket()) {
      // Bound, but not listening: a port that was merely free could be given to somebody else, even
      // to the connection that is opened to it.
      bound.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      HttpPeer peer =
          Peers.of(
              bound.getLocalPort(), Peers.with(new PoolLimits(2, 100, Duration.ofSeconds(20))));
      List<Future<HttpStream>> opening = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        opening.add(connector.open(peer, loop(i % 2)));
      }
      for (Future<HttpStream> future : opening) {
        assertThat(future.await().cause())
            .isInstanceOfSatisfying(
                PeerException.class,
                cause -> assertThat(cause.failure()).isEqualTo(Failure.CONNECT));
      }
      assertThat(connector.stats(peer).failed()).isEqualTo(20);
      assertThat(connector.stats(peer).pending()).isZero();
    }
  }
}
