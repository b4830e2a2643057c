package io.upstream4j.core.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.channel.EventLoop;
import io.upstream4j.core.peer.Alpn;
import io.upstream4j.core.peer.ConnectionStats;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerOptions;
import io.upstream4j.core.peer.PoolLimits;
import io.upstream4j.core.peer.SocketOptions;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Connections that are replaced after so many requests, or after some time. */
class RetirementTest {
  private static final Duration SHORT = Duration.ofMillis(400);

  private final Connector connector = new Connector(2);

  @AfterEach
  void close() {
    connector.close();
  }

  private static PoolLimits limits(int connections, Integer requests, Duration age) {
    return new PoolLimits(
        connections,
        10_000,
        Duration.ofSeconds(30),
        requests == null ? OptionalInt.empty() : OptionalInt.of(requests),
        Optional.ofNullable(age),
        0);
  }

  private static PeerOptions options(Alpn alpn, PoolLimits limits) {
    return new PeerOptions(alpn, Optional.empty(), Peers.TIMEOUTS, limits, SocketOptions.SYSTEM);
  }

  private static HttpPeer peer(int port, Alpn alpn, Integer requests, Duration age) {
    return Peers.of(port, options(alpn, limits(64, requests, age)));
  }

  /** Fetches, so many at a time, and never again what failed: how many came. */
  private int load(HttpPeer peer, int requests, int parallel) throws Exception {
    AtomicInteger good = new AtomicInteger();
    AtomicInteger left = new AtomicInteger(requests);
    AtomicInteger started = new AtomicInteger();
    CompletableFuture<Void> all = new CompletableFuture<>();
    Runnable next =
        new Runnable() {
          @Override
          public void run() {
            if (started.incrementAndGet() > requests) {
              return;
            }
            connector
                .open(peer, Call.anyLoop(connector))
                .addListener(
                    opened -> {
                      if (opened.isSuccess()) {
                        Call.start((HttpStream) opened.getNow(), Call.get("/hello"))
                            .done
                            .whenComplete((response, failure) -> ended(failure));
                      } else {
                        ended(opened.cause());
                      }
                    });
          }

          private void ended(Throwable failure) {
            if (failure != null) {
              all.completeExceptionally(failure);
              return;
            }
            good.incrementAndGet();
            if (left.decrementAndGet() == 0) {
              all.complete(null);
            }
            run();
          }
        };
    for (int i = 0; i < parallel; i++) {
      next.run();
    }
    all.get(120, TimeUnit.SECONDS);
    return good.get();
  }

  @Test
  void aConnectionIsReplacedAfterSoManyRequests() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering("x")) {
      HttpPeer peer = peer(server.port(), Alpn.H1, 3, null);

      for (int i = 0; i < 7; i++) {
        assertThat(Call.fetch(connector, peer, "/").reused()).isEqualTo(i % 3 != 0);
      }

      assertThat(server.accepted).hasValue(3);
      Await.until("two are closed", () -> connector.stats(peer).closed() == 2);
      assertThat(connector.stats(peer).idle()).isEqualTo(1);
    }
  }

  @Test
  void aConnectionThatWasGivenBackUnusedHasServedNothing() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering("x")) {
      HttpPeer peer = Peers.of(server.port(), options(Alpn.H1, limits(1, 1, null)));

      for (int i = 0; i < 5; i++) {
        Call.open(connector, peer).cancel();
      }

      assertThat(Call.fetch(connector, peer, "/").text()).isEqualTo("x");
      Await.until("closed", () -> connector.open() == 0);
      assertThat(server.accepted).hasValue(1);
    }
  }

  @Test
  void whoWaitsForAConnectionThatIsReplacedGetsTheNext() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering("x")) {
      HttpPeer peer = Peers.of(server.port(), options(Alpn.H1, limits(2, 2, null)));

      assertThat(load(peer, 200, 20)).isEqualTo(200);

      assertThat(connector.stats(peer).opened()).isGreaterThanOrEqualTo(100);
    }
  }

  @Test
  void anIdleConnectionIsClosedAtItsAge() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering("x")) {
      HttpPeer peer = peer(server.port(), Alpn.H1, null, SHORT);
      long began = System.nanoTime();
      Call.fetch(connector, peer, "/");

      Await.until("closed", () -> connector.open() == 0);

      assertThat(System.nanoTime() - began).isGreaterThanOrEqualTo(SHORT.toNanos() * 9 / 10);
      assertThat(connector.stats(peer).closed()).isEqualTo(1);
    }
  }

  @Test
  void anExchangeIsNotBrokenOffByTheAgeOfItsConnection() throws Exception {
    CountDownLatch answer = new CountDownLatch(1);
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              connection.readHead();
              answer.await(60, TimeUnit.SECONDS);
              connection.ok("late");
              connection.readToEnd();
            })) {
      HttpPeer peer = peer(server.port(), Alpn.H1, null, SHORT);
      HttpStream unused = Call.open(connector, peer);
      Call call = Call.start(Call.open(connector, peer), Call.get("/"));
      assertThat(call.done)
          .failsWithin(SHORT.multipliedBy(2))
          .withThrowableOfType(TimeoutException.class);

      answer.countDown();

      assertThat(call.response().text()).isEqualTo("late");
      Await.until("closed, as it is old", () -> connector.open() == 1);
      unused.cancel();
      Await.until("closed when it comes back", () -> connector.open() == 0);
    }
  }

  @Test
  void theLotIsEachConnectionsOwn() {
    long[] lives =
        LongStream.generate(() -> PooledConnection.lifeNanos(Duration.ofSeconds(100)))
            .limit(1_000)
            .toArray();

    assertThat(lives).doesNotHaveDuplicates();
    for (long life : lives) {
      assertThat(life).isBetween(90_000_000_000L, 100_000_000_000L);
    }
    assertThat(LongStream.of(lives).filter(life -> life < 95_000_000_000L).count())
        .isBetween(300L, 700L);
  }

  /** An HTTP/2 server that answers each request when it is let, and tells when GOAWAY comes. */
  private static ScriptedServer http2(CountDownLatch answer, List<Integer> types) {
    return new ScriptedServer(
        connection -> {
          DataInputStream in = new DataInputStream(connection.socket.getInputStream());
          in.readNBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".length());
          connection.send(Http2FaultsTest.frame(Http2FaultsTest.SETTINGS, 0, 0));
          while (true) {
            int length = in.read() << 16;
            if (length < 0) {
              return;
            }
            length |= in.readUnsignedShort();
            int type = in.readUnsignedByte();
            int flags = in.readUnsignedByte();
            int stream = in.readInt();
            in.readNBytes(length);
            if (connection.number == 1) {
              synchronized (types) {
                types.add(type);
              }
            }
            if (type == Http2FaultsTest.SETTINGS && (flags & 1) == 0) {
              connection.send(Http2FaultsTest.frame(Http2FaultsTest.SETTINGS, 1, 0));
            } else if (type == Http2FaultsTest.HEADERS) {
              Thread later = new Thread(() -> answer(connection, stream, answer), "answer");
              later.setDaemon(true);
              later.start();
            }
          }
        });
  }

  private static void answer(
      ScriptedServer.Connection connection, int stream, CountDownLatch answer) {
    try {
      answer.await(60, TimeUnit.SECONDS);
      connection.send(
          Http2FaultsTest.frame(
              Http2FaultsTest.HEADERS,
              Http2FaultsTest.END_HEADERS | Http2FaultsTest.END_STREAM,
              stream,
              Http2FaultsTest.STATUS_200));
    } catch (IOException e) {
      // The client went away, and finds out itself.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void anHttp2ConnectionTakesNoMoreStreamsThanItMayAndEndsWithGoaway() throws Exception {
    CountDownLatch answer = new CountDownLatch(1);
    List<Integer> types = new ArrayList<>();
    try (ScriptedServer server = http2(answer, types)) {
      HttpPeer peer = peer(server.port(), Alpn.H2, 2, null);
      Call first = Call.start(Call.open(connector, peer, loop()), Call.get("/"));
      // Counted, and then not: it is given back unused.
      Call.open(connector, peer, loop()).cancel();
      Call second = Call.start(Call.open(connector, peer, loop()), Call.get("/"));
      assertThat(server.accepted).hasValue(1);

      HttpStream third = Call.open(connector, peer, loop());
      assertThat(third.isReused()).isFalse();
      Await.until("the second connection", () -> server.accepted.get() == 2);
      answer.countDown();

      assertThat(first.response().status()).isEqualTo(200);
      assertThat(second.response().status()).isEqualTo(200);
      assertThat(Call.start(third, Call.get("/")).response().status()).isEqualTo(200);
      Await.until("the first connection is closed", () -> connector.stats(peer).closed() == 1);
      Await.until(
          "it said goodbye",
          () -> {
            synchronized (types) {
              return types.contains(Http2FaultsTest.GOAWAY);
            }
          });
    }
  }

  private EventLoop loop() {
    return (EventLoop) connector.eventLoops().iterator().next();
  }

  @Test
  void anHttp2ConnectionPastItsAgeFinishesItsStreamsAndTakesNoOthers() throws Exception {
    CountDownLatch answer = new CountDownLatch(1);
    try (ScriptedServer server = http2(answer, new ArrayList<>())) {
      HttpPeer peer = peer(server.port(), Alpn.H2, null, SHORT);
      Call first = Call.start(Call.open(connector, peer, loop()), Call.get("/"));
      HttpStream handedOut = Call.open(connector, peer, loop());
      assertThat(first.done)
          .failsWithin(SHORT.multipliedBy(2))
          .withThrowableOfType(TimeoutException.class);

      HttpStream next = Call.open(connector, peer, loop());
      Await.until("the second connection", () -> server.accepted.get() >= 2);
      answer.countDown();

      assertThat(first.response().status()).isEqualTo(200);
      assertThat(Call.start(handedOut, Call.get("/")).response().status())
          .as("a stream that was handed out before may be used")
          .isEqualTo(200);
      assertThat(Call.start(next, Call.get("/")).response().status()).isEqualTo(200);
      Await.until("all are closed at their age", () -> connector.open() == 0);
    }
  }

  @Test
  void noRequestFailsWhenConnectionsAreReplacedAllTheTime(@TempDir Path folder) throws Exception {
    Files.writeString(folder.resolve("hello"), "hello");
    try (Nginx nginx = Nginx.start(folder, "location / { return 200 'hello'; }", "");
        Nghttpd nghttpd = Nghttpd.clear(folder)) {
      Duration age = Duration.ofMillis(20);
      HttpPeer http1 = Peers.of(nginx.port(), options(Alpn.H1, limits(16, 7, age)));
      HttpPeer http2 = Peers.of(nghttpd.port(), options(Alpn.H2, limits(16, 7, age)));

      assertThat(load(http1, 5_000, 40)).isEqualTo(5_000);
      assertThat(load(http2, 5_000, 40)).isEqualTo(5_000);

      for (HttpPeer peer : List.of(http1, http2)) {
        assertThat(connector.stats(peer).opened()).isGreaterThanOrEqualTo(5_000 / 7);
        Await.until("all are closed at their age", () -> connector.stats(peer).idle() == 0);
      }
      Await.until("none is left", () -> connector.open() == 0);
      ConnectionStats stats = connector.stats(http2);
      assertThat(stats.pending()).isZero();
    }
  }

  @Test
  void aLimitOfNothingIsRefused() {
    assertThatThrownBy(() -> limits(1, 0, null)).hasMessage("maxRequests: 0 (expected: from 1)");
    assertThatThrownBy(() -> limits(1, 1, Duration.ZERO))
        .hasMessage("maxAge: PT0S (expected: above zero)");
  }
}
