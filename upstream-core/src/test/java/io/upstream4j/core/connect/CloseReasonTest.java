package io.upstream4j.core.connect;

import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.core.peer.Alpn;
import io.upstream4j.core.peer.CloseReason;
import io.upstream4j.core.peer.ConnectionStats;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerOptions;
import io.upstream4j.core.peer.PoolLimits;
import io.upstream4j.core.peer.SocketOptions;
import io.upstream4j.core.peer.Timeouts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is told of connections that have ended. */
class CloseReasonTest {
  private static final Duration SHORT = Duration.ofMillis(300);
  private static final Duration LONG = Duration.ofSeconds(60);

  private final Connector connector = new Connector(1);

  @AfterEach
  void close() {
    connector.close();
  }

  private static PeerOptions options(Alpn alpn, Duration read, Duration idle, PoolLimits limits) {
    Timeouts all = Peers.TIMEOUTS;
    return new PeerOptions(
        alpn,
        Optional.empty(),
        new Timeouts(all.connection(), all.totalConnection(), read, all.write(), idle),
        limits,
        SocketOptions.SYSTEM);
  }

  private static PoolLimits limits(int connections, OptionalInt requests, Optional<Duration> age) {
    return new PoolLimits(connections, 10, LONG, requests, age, 0);
  }

  private void awaitClosed(HttpPeer peer, CloseReason reason) {
    awaitClosed(peer, Map.of(reason, 1L));
  }

  /** These, and for no other reason. */
  private void awaitClosed(HttpPeer peer, Map<CloseReason, Long> expected) {
    long sum = expected.values().stream().mapToLong(Long::longValue).sum();
    Await.until("closed: " + expected, () -> connector.stats(peer).closed() >= sum);
    Map<CloseReason, Long> all = new EnumMap<>(CloseReason.class);
    for (CloseReason reason : CloseReason.values()) {
      all.put(reason, expected.getOrDefault(reason, 0L));
    }
    assertThat(connector.stats(peer).closings()).isEqualTo(all);
    ConnectionStats stats = connector.stats(peer);
    assertThat(stats.opened()).isEqualTo(stats.closed() + stats.idle() + stats.inUse());
  }

  @Test
  void nobodyUsedIt() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering("x")) {
      HttpPeer peer = Peers.of(server.port(), options(Alpn.H1, LONG, SHORT, Peers.LIMITS));
      Call.fetch(connector, peer, "/");
      awaitClosed(peer, CloseReason.IDLE_TIMEOUT);
    }
  }

  @Test
  void itHadServedItsRequestsOrWasOldEnough() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering("x")) {
      HttpPeer once =
          Peers.of(
              server.port(),
              options(Alpn.H1, LONG, LONG, limits(1, OptionalInt.of(1), Optional.empty())));
      Call.fetch(connector, once, "/");
      awaitClosed(once, CloseReason.MAX_REQUESTS);

      HttpPeer brief =
          Peers.of(
              server.port(),
              options(Alpn.H1, LONG, LONG, limits(1, OptionalInt.empty(), Optional.of(SHORT))));
      Call.fetch(connector, brief, "/");
      awaitClosed(brief, CloseReason.MAX_AGE);
    }
  }

  @Test
  void thePeerClosedItWhileItWasIdle() throws Exception {
    CountDownLatch leave = new CountDownLatch(1);
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              connection.readHead();
              connection.ok("x");
              leave.await(60, TimeUnit.SECONDS);
              if (connection.number == 1) {
                connection.reset();
              }
            })) {
      HttpPeer peer = Peers.of(server.port());
      Call one = Call.start(Call.open(connector, peer), Call.get("/"));
      Call other = Call.start(Call.open(connector, peer), Call.get("/"));
      one.response();
      other.response();

      leave.countDown();

      Await.until("closed", () -> connector.stats(peer).closed() == connector.stats(peer).opened());
      assertThat(connector.stats(peer).closings())
          .containsEntry(CloseReason.PEER_CLOSED, connector.stats(peer).opened());
    }
  }

  @Test
  void thePeerClosedItInTheMomentOfItsReuse() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              connection.readHead();
              connection.ok("x");
              connection.readHead();
            })) {
      HttpPeer peer = Peers.of(server.port());
      Call.fetch(connector, peer, "/");

      assertThat(
              Call.start(Call.open(connector, peer), Call.get("/")).failure().isStaleConnection())
          .isTrue();
      awaitClosed(peer, CloseReason.PEER_CLOSED);
    }
  }

  @Test
  void itEndedInTheMiddleOfAnExchange() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              connection.readHead();
              connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
            })) {
      HttpPeer peer = Peers.of(server.port());
      Call.start(Call.open(connector, peer), Call.get("/")).failure();
      awaitClosed(peer, CloseReason.BROKEN);
    }
  }

  @Test
  void theResponseSaidThatItWasTheLastOrEndedWithTheConnection() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              connection.readHead();
              if (connection.number == 1) {
                connection.send(
                    "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx");
                connection.readToEnd();
              } else {
                connection.send("HTTP/1.0 200 OK\r\n\r\nx");
              }
            })) {
      HttpPeer peer = Peers.of(server.port());
      assertThat(Call.fetch(connector, peer, "/").text()).isEqualTo("x");
      awaitClosed(peer, CloseReason.NOT_REUSABLE);
      assertThat(Call.fetch(connector, peer, "/").text()).isEqualTo("x");
      awaitClosed(peer, Map.of(CloseReason.NOT_REUSABLE, 2L));
    }
  }

  @Test
  void anExchangeTimedOutOrWasAbandoned() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              connection.readHead();
              connection.stall();
            })) {
      HttpPeer peer = Peers.of(server.port(), options(Alpn.H1, SHORT, LONG, Peers.LIMITS));
      Call.start(Call.open(connector, peer), Call.get("/")).failure();
      awaitClosed(peer, CloseReason.TIMED_OUT);

      HttpPeer other = Peers.of(server.port());
      Call.start(Call.open(connector, other), Call.get("/")).stream().cancel();
      awaitClosed(other, CloseReason.ABANDONED);
    }
  }

  @Test
  void thePeerBrokeTheRules() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              connection.readHead();
              if (connection.number == 1) {
                connection.send("garbage\r\n\r\n");
              } else {
                connection.ok("x");
                connection.readHead();
                connection.ok("x");
                connection.send("nobody asked for this");
              }
              connection.readToEnd();
            })) {
      HttpPeer peer = Peers.of(server.port());
      Call.start(Call.open(connector, peer), Call.get("/")).failure();
      awaitClosed(peer, CloseReason.PROTOCOL);

      Call.fetch(connector, peer, "/");
      Call.fetch(connector, peer, "/");
      awaitClosed(peer, Map.of(CloseReason.PROTOCOL, 2L));
    }
  }

  @Test
  void aRequestNeededAFreshOne() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering("x")) {
      HttpPeer peer =
          Peers.of(
              server.port(),
              options(Alpn.H1, LONG, LONG, limits(1, OptionalInt.empty(), Optional.empty())));
      Call.fetch(connector, peer, "/");
      connector.openFresh(peer, Call.anyLoop(connector)).get(20, TimeUnit.SECONDS);
      awaitClosed(peer, CloseReason.REPLACED);
    }
  }

  @Test
  void itsBackendWasTakenOutAndTheCountsGoOnWhenItComesBackInTime() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering("x")) {
      HttpPeer peer = Peers.of(server.port());
      Call.fetch(connector, peer, "/");
      Call.fetch(connector, peer, "/");

      connector.retire(peer, LONG);

      awaitClosed(peer, CloseReason.DRAINED);
      assertThat(connector.stats(peer).reused()).isEqualTo(1);
      Call.fetch(connector, peer, "/");
      awaitClosed(peer, CloseReason.DRAINED);
      assertThat(connector.stats(peer).opened()).isEqualTo(2);

      connector.retire(peer, Duration.ofMillis(1));
      Await.until("forgotten", () -> connector.stats(peer).equals(ConnectionStats.NONE));
    }
  }

  @Test
  void http2(@TempDir Path folder) throws Exception {
    Files.writeString(folder.resolve("hello"), "hello");
    try (Nghttpd server = Nghttpd.clear(folder)) {
      HttpPeer idle = Peers.of(server.port(), options(Alpn.H2, LONG, SHORT, Peers.LIMITS));
      Call.fetch(connector, idle, "/hello");
      awaitClosed(idle, CloseReason.IDLE_TIMEOUT);

      HttpPeer twice =
          Peers.of(
              server.port(),
              options(Alpn.H2, LONG, LONG, limits(1, OptionalInt.of(2), Optional.empty())));
      Call.fetch(connector, twice, "/hello");
      Call.fetch(connector, twice, "/hello");
      awaitClosed(twice, CloseReason.MAX_REQUESTS);
    }
  }

  @Test
  void thePeerSaidGoaway() throws Exception {
    byte[] goaway =
        Http2FaultsTest.frame(Http2FaultsTest.GOAWAY, 0, 0, new byte[] {0, 0, 0, 3, 0, 0, 0, 0});
    try (ScriptedServer server =
        Http2FaultsTest.server(
            (connection, stream) -> {
              Http2FaultsTest.ok(connection, stream);
              connection.send(goaway);
            })) {
      HttpPeer peer = Peers.of(server.port(), options(Alpn.H2, LONG, LONG, Peers.LIMITS));
      Call.fetch(connector, peer, "/");
      awaitClosed(peer, CloseReason.GOAWAY);
    }
  }

  @Test
  void thePeerClosedAnIdleHttp2Connection() throws Exception {
    try (ScriptedServer server =
        Http2FaultsTest.server(
            (connection, stream) -> {
              Http2FaultsTest.ok(connection, stream);
              connection.close();
            })) {
      HttpPeer peer = Peers.of(server.port(), options(Alpn.H2, LONG, LONG, Peers.LIMITS));
      Call.fetch(connector, peer, "/");
      awaitClosed(peer, CloseReason.PEER_CLOSED);
    }
  }

  @Test
  void anHttp2ConnectionEndedInTheMiddleOfAnExchange() throws Exception {
    try (ScriptedServer server =
        Http2FaultsTest.server((connection, stream) -> connection.close())) {
      HttpPeer peer = Peers.of(server.port(), options(Alpn.H2, LONG, LONG, Peers.LIMITS));
      Call.start(Call.open(connector, peer), Call.get("/")).failure();
      awaitClosed(peer, CloseReason.BROKEN);
    }
  }

  @Test
  void anHttp2PeerBrokeTheRules() throws Exception {
    byte[] ofNoStream = Http2FaultsTest.frame(Http2FaultsTest.HEADERS, 4, 0, new byte[] {1});
    try (ScriptedServer server =
        Http2FaultsTest.server(
            (connection, stream) -> {
              connection.send(ofNoStream);
              connection.readToEnd();
            })) {
      HttpPeer peer = Peers.of(server.port(), options(Alpn.H2, LONG, LONG, Peers.LIMITS));
      Call.start(Call.open(connector, peer), Call.get("/")).failure();
      awaitClosed(peer, CloseReason.PROTOCOL);
    }
  }
}
