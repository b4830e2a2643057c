package io.upstream4j.core.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.upstream4j.core.peer.Alpn;
import io.upstream4j.core.peer.CloseReason;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.peer.PeerOptions;
import io.upstream4j.core.peer.SocketOptions;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Idle connections that the server is about to close, or has just closed. */
class KeepAliveTest {
  private final Connector connector = new Connector(1);

  @AfterEach
  void close() {
    connector.close();
  }

  private static ScriptedServer saying(String keepAlive) {
    return new ScriptedServer(
        connection -> {
          while (!connection.readHead().isEmpty()) {
            connection.send(
                "HTTP/1.1 200 OK\r\nKeep-Alive: " + keepAlive + "\r\nContent-Length: 1\r\n\r\nx");
          }
        });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "timeout=5|4000",
        "timeout=5, max=100|4000",
        "max=100, timeout=5|4000",
        "max=100,Timeout=60|59000",
        "timeout=\"20\"|19000",
        "timeout=2|1000",
        "timeout=1|500",
        "timeout=0|0",
        "timeout=999999999|999999998000",
        "max=100|-1",
        "5|-1",
        "timeout|-1",
        "timeout=|-1",
        "timeout=-5|-1",
        "timeout=5s|-1",
        "timeout=9999999999|-1",
      })
  void theTimeIsTakenFromTheServersWord(String value, long millis) {
    long nanos = KeepAlive.nanos(new DefaultHttpHeaders().set("Keep-Alive", value));
    assertThat(nanos).isEqualTo(millis < 0 ? -1 : TimeUnit.MILLISECONDS.toNanos(millis));
  }

  @Test
  void aConnectionIsClosedBeforeTheServerDoesIt() throws Exception {
    CountDownLatch ended = new CountDownLatch(1);
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              while (!connection.readHead().isEmpty()) {
                connection.send(
                    "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 1\r\n\r\nx");
              }
              ended.countDown();
            })) {
      HttpPeer peer = Peers.of(server.port()); // which may be idle for a minute
      assertThat(Call.fetch(connector, peer, "/").reused()).isFalse();
      assertThat(Call.fetch(connector, peer, "/").reused()).isTrue();

      assertThat(ended.await(20, TimeUnit.SECONDS)).isTrue();
      Await.until("closed", () -> connector.open() == 0);
      assertThat(connector.stats(peer).closings()).containsEntry(CloseReason.IDLE_TIMEOUT, 1L);
    }
  }

  @Test
  void otherConnectionsOfThePeerStay() throws Exception {
    CountDownLatch both = new CountDownLatch(2);
    CountDownLatch ended = new CountDownLatch(1);
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              connection.readHead();
              both.countDown();
              both.await();
              boolean first = connection.number == 1;
              connection.send(
                  "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n"
                      + (first ? "Keep-Alive: timeout=1\r\n\r\nx" : "\r\nx"));
              connection.readToEnd();
              if (first) {
                ended.countDown();
              }
            })) {
      HttpPeer peer = Peers.of(server.port());
      Call one = Call.start(Call.open(connector, peer), Call.get("/"));
      Call other = Call.start(Call.open(connector, peer), Call.get("/"));
      one.response();
      other.response();

      assertThat(ended.await(20, TimeUnit.SECONDS)).isTrue();
      Await.until("closed", () -> connector.open() == 1);
      assertThat(connector.stats(peer).idle()).isEqualTo(1);
    }
  }

  @Test
  void aConnectionThatTheServerKeepsForNoTimeIsNotReused() throws Exception {
    try (ScriptedServer server = saying("timeout=0, max=5")) {
      HttpPeer peer = Peers.of(server.port());
      Call.fetch(connector, peer, "/");
      assertThat(Call.fetch(connector, peer, "/").reused()).isFalse();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"timeout=5", "timeout=3600", "timeout=x", "max=1", "300", ""})
  void otherConnectionsAreReused(String keepAlive) throws Exception {
    try (ScriptedServer server = saying(keepAlive)) {
      HttpPeer peer = Peers.of(server.port());
      Call.fetch(connector, peer, "/");
      assertThat(Call.fetch(connector, peer, "/").reused()).isTrue();
    }
  }

  /** Does something while the loop is busy with it, so that it notices nothing else. */
  private static <T> T inside(EventLoop loop, Callable<T> task) throws Exception {
    return loop.submit(task).get(20, TimeUnit.SECONDS);
  }

  /** Waits for the server's FIN, and until the connection has not been used for a moment. */
  private void awaitEnd(Channel channel) {
    long start = System.nanoTime();
    Await.until(
        "the end", () -> connector.hasPeerEnded(channel) && System.nanoTime() - start > 2_000_000);
  }

  @Test
  void whatMustNotBeSentTwiceIsNotSentOnAConnectionThatTheServerHasClosed() throws Exception {
    assumeTrue(
        TransportType.EPOLL.unavailable().isEmpty(), "only epoll tells that a server has closed");
    CountDownLatch busy = new CountDownLatch(1);
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              connection.readHead();
              connection.ok("x");
              if (connection.number == 1) {
                busy.await();
              } else {
                connection.readToEnd();
              }
            })) {
      HttpPeer peer = Peers.of(server.port());
      EventLoop loop = Call.anyLoop(connector);
      Call.fetch(connector, peer, "/");

      Call call =
          inside(
              loop,
              () -> {
                Http1Exchange idle = (Http1Exchange) connector.open(peer, loop).getNow();
                busy.countDown();
                awaitEnd(idle.channel());
                return Call.start(idle, Call.request(HttpMethod.POST, "/", Unpooled.copyLong(1)));
              });
      PeerException failure = call.failure();

      assertThat(failure.isStaleConnection()).isTrue();
      assertThat(failure.isSafeToRetry()).isTrue();
      Await.until("closed", () -> connector.open() == 0);
      assertThat(connector.stats(peer).inUse()).isZero();
    }
  }

  @Test
  void noStreamIsOpenedOnAConnectionThatTheServerHasClosed() throws Exception {
    assumeTrue(
        TransportType.EPOLL.unavailable().isEmpty(), "only epoll tells that a server has closed");
    CountDownLatch busy = new CountDownLatch(1);
    try (ScriptedServer server =
        Http2FaultsTest.server(
            (connection, stream) -> {
              Http2FaultsTest.ok(connection, stream);
              busy.await();
              connection.close();
            })) {
      HttpPeer peer =
          Peers.of(
              server.port(),
              new PeerOptions(
                  Alpn.H2, Optional.empty(), Peers.TIMEOUTS, Peers.LIMITS, SocketOptions.SYSTEM));
      EventLoop loop = Call.anyLoop(connector);
      Call.fetch(connector, peer, "/");

      Call call =
          inside(
              loop,
              () -> {
                Http2Exchange idle = (Http2Exchange) connector.open(peer, loop).getNow();
                busy.countDown();
                awaitEnd(idle.channel());
                return Call.start(idle, Call.request(HttpMethod.POST, "/", Unpooled.copyLong(1)));
              });
      PeerException failure = call.failure();

      assertThat(failure.isSafeToRetry()).isTrue();
      assertThat(failure.isStaleConnection()).isTrue();
      Await.until("closed", () -> connector.open() == 0);
      assertThat(connector.stats(peer).inUse()).isZero();
      assertThat(Call.fetch(connector, peer, "/").text()).isEqualTo("fine");
    }
  }
}
