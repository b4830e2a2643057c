package io.upstream4j.core.connect;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.peer.PeerException.Failure;
import io.upstream4j.core.peer.PeerOptions;
import io.upstream4j.core.peer.Timeouts;
import io.upstream4j.core.peer.TlsOptions;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A peer that stalls at each point, and how long that is borne. */
class TimeoutsTest {
  private static final Duration SHORT = Duration.ofMillis(400);

  private final Connector connector = new Connector(1);
  private long began = System.nanoTime();

  @AfterEach
  void close() {
    connector.close();
  }

  private void startClock() {
    began = System.nanoTime();
  }

  /** Not before its time, and not long after; a busy machine may be late. */
  private void assertTook(Duration expected) {
    long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
    assertThat(millis).isBetween(expected.toMillis() - 5, expected.toMillis() + 2_000);
  }

  private static PeerOptions reading(Duration read) {
    return Peers.with(
        t -> new Timeouts(t.connection(), t.totalConnection(), read, t.write(), t.idle()));
  }

  private static PeerOptions writing(Duration write) {
    return Peers.with(
        t -> new Timeouts(t.connection(), t.totalConnection(), t.read(), write, t.idle()));
  }

  @Test
  void noResponseAtAll() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              connection.readHead();
              connection.stall();
            })) {
      HttpStream stream = Call.open(connector, Peers.of(server.port(), reading(SHORT)));
      startClock();

      PeerException failure = Call.start(stream, Call.get("/")).failure();

      assertThat(failure.failure()).isEqualTo(Failure.READ_TIMEOUT);
      assertThat(failure).hasMessageContaining("no response bytes within 400ms");
      assertThat(failure.isSafeToRetry()).isFalse();
      assertTook(SHORT);
      Await.until("closed", () -> connector.open() == 0);
    }
  }

  @Test
  void aResponseThatStopsInItsMiddle() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              connection.readHead();
              connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
              connection.stall();
            })) {
      HttpPeer peer = Peers.of(server.port(), reading(SHORT));
      Call call = Call.start(Call.open(connector, peer), Call.get("/"));
      Await.until("the beginning", call::hasBegun);
      startClock();

      assertThat(call.failure().failure()).isEqualTo(Failure.READ_TIMEOUT);
      assertTook(SHORT.minusMillis(100));
    }
  }

  @Test
  void aSlowResponseThatKeepsComingIsNotTimedOut() throws Exception {
    CountDownLatch timer = new CountDownLatch(1);
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              connection.readHead();
              connection.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n");
              for (int i = 0; i < 6; i++) {
                // Never counted down: waits for 250 ms.
                timer.await(250, TimeUnit.MILLISECONDS);
                connection.send("x");
              }
            })) {
      HttpPeer peer = Peers.of(server.port(), reading(Duration.ofMillis(1_000)));
      startClock();

      assertThat(Call.fetch(connector, peer, "/").text()).isEqualTo("xxxxxx");
      assertTook(Duration.ofMillis(1_400));
    }
  }

  @Test
  void oneByteEachSecondIsAResponseThoughAllOfItTakesLongerThanTheTimeout() throws Exception {
    CountDownLatch timer = new CountDownLatch(1);
    String response = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow";
    int head = response.length() - 7;
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              connection.readHead();
              connection.send(response.substring(0, head));
              for (int i = head; i < response.length(); i++) {
                // Never counted down: waits for a second.
                timer.await(1, TimeUnit.SECONDS);
                connection.send(response.substring(i, i + 1));
              }
              connection.readToEnd();
            })) {
      HttpPeer peer = Peers.of(server.port(), reading(Duration.ofSeconds(5)));
      startClock();

      assertThat(Call.fetch(connector, peer, "/").text()).isEqualTo("slow");
      assertThat(System.nanoTime() - began).isGreaterThan(TimeUnit.SECONDS.toNanos(6));
      assertThat(Call.open(connector, peer).isReused()).as("it goes to the pool").isTrue();
    }
  }

  @Test
  void timeInWhichTheCallerDoesNotAskDoesNotCount() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              connection.readHead();
              connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
              connection.stall();
            })) {
      HttpPeer peer = Peers.of(server.port(), reading(SHORT));
      HttpStream stream = Call.open(connector, peer);
      CountDownLatch complete = new CountDownLatch(1);
      Call lazy =
          new Call(stream) {
            @Override
            public void onReadComplete() {
              complete.countDown();
            }
          };
      stream.begin(Call.get("/"), lazy);
      stream.flush();
      stream.read();
      assertThat(complete.await(20, TimeUnit.SECONDS)).isTrue();

      assertThat(lazy.done)
          .as("nobody asks, so nothing can time out")
          .failsWithin(SHORT.multipliedBy(3))
          .withThrowableOfType(java.util.concurrent.TimeoutException.class);

      startClock();
      stream.read();
      assertThat(lazy.failure().failure()).isEqualTo(Failure.READ_TIMEOUT);
      assertTook(SHORT);
    }
  }

  /** Sends a head whose body is still to be written, and reads. */
  private static Call beginPost(HttpStream stream) {
    Call call = new Call(stream);
    HttpRequest head = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, "/");
    head.headers().set("transfer-encoding", "chunked");
    stream.begin(head, call);
    stream.flush();
    stream.read();
    return call;
  }

  @Test
  void theClockDoesNotRunWhileTheCallerStillWritesTheRequest() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              connection.readHead();
              connection.stall();
            })) {
      HttpStream stream = Call.open(connector, Peers.of(server.port(), reading(SHORT)));
      Call call = beginPost(stream);
      assertThat(call.done)
          .failsWithin(SHORT.multipliedBy(3))
          .withThrowableOfType(java.util.concurrent.TimeoutException.class);

      startClock();
      stream.write(LastHttpContent.EMPTY_LAST_CONTENT);
      stream.flush();

      assertThat(call.failure().failure()).isEqualTo(Failure.READ_TIMEOUT);
      assertTook(SHORT);
    }
  }

  @Test
  void theClockStartsWithTheLastPartHoweverLateItIsFlushed() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              connection.readHead();
              connection.stall();
            })) {
      HttpStream stream = Call.open(connector, Peers.of(server.port(), reading(SHORT)));
      Call call = beginPost(stream);
      // So that the timer, which looks every SHORT, does so half of it after the write.
      assertThat(call.done)
          .failsWithin(SHORT.multipliedBy(3).dividedBy(2))
          .withThrowableOfType(java.util.concurrent.TimeoutException.class);

      startClock();
      stream.write(LastHttpContent.EMPTY_LAST_CONTENT);

      assertThat(call.failure().failure()).isEqualTo(Failure.READ_TIMEOUT);
      assertTook(SHORT);
    }
  }

  @Test
  void aPeerThatDoesNotSayContinue() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              connection.readHead();
              connection.stall();
            })) {
      HttpStream stream = Call.open(connector, Peers.of(server.port(), reading(SHORT)));
      Call call = new Call(stream);
      HttpRequest head = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, "/");
      head.headers().set("transfer-encoding", "chunked").set("expect", "100-continue");
      startClock();
      stream.begin(head, call);
      stream.flush();
      stream.read();

      assertThat(call.failure().failure()).isEqualTo(Failure.READ_TIMEOUT);
      assertTook(SHORT);
    }
  }

  @Test
  void aBodyMayTakeItsTimeOnceThePeerHasSaidContinue() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              connection.readHead();
              connection.send("HTTP/1.1 100 Continue\r\n\r\n");
              connection.readLine(); // the last chunk
              connection.ok("late");
              connection.stall();
            })) {
      HttpStream stream = Call.open(connector, Peers.of(server.port(), reading(SHORT)));
      Call call = new Call(stream);
      HttpRequest head = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, "/");
      head.headers().set("transfer-encoding", "chunked").set("expect", "100-continue");
      stream.begin(head, call);
      stream.flush();
      stream.read();
      assertThat(call.done)
          .failsWithin(SHORT.multipliedBy(3))
          .withThrowableOfType(java.util.concurrent.TimeoutException.class);

      stream.write(LastHttpContent.EMPTY_LAST_CONTENT);
      stream.flush();

      assertThat(call.response().text()).isEqualTo("late");
    }
  }

  @Test
  void aPeerThatTakesNoBytes() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              connection.readHead();
              connection.stall();
            },
            16_384)) {
      HttpStream stream = Call.open(connector, Peers.of(server.port(), writing(SHORT)));
      Call call = new Call(stream);
      HttpRequest head = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, "/");
      head.headers().set("transfer-encoding", "chunked");
      stream.begin(head, call);
      startClock();
      for (int i = 0; i < 200; i++) {
        stream.write(new DefaultHttpContent(Unpooled.buffer(65_536).writeZero(65_536)));
      }
      stream.flush();
      stream.read();

      PeerException failure = call.failure();

      assertThat(failure.failure()).isEqualTo(Failure.WRITE_TIMEOUT);
      assertThat(failure).hasMessageContaining("400ms");
      assertTook(SHORT.minusMillis(50));
      Await.until("closed", () -> connector.open() == 0);
    }
  }

  @Test
  void aPeerThatTakesBytesSlowlyIsNotTimedOut() throws Exception {
    int size = 2_000_000;
    CountDownLatch timer = new CountDownLatch(1);
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              connection.readHead();
              for (int left = size; left > 0; ) {
                timer.await(10, TimeUnit.MILLISECONDS);
                left -= connection.readBytes(Math.min(left, 20_000));
              }
              connection.ok("all");
            },
            16_384)) {
      HttpPeer peer = Peers.of(server.port(), writing(Duration.ofMillis(900)));

      startClock();
      Call.Response response =
          Call.fetch(
              connector,
              peer,
              Call.request(HttpMethod.POST, "/", Unpooled.buffer(size).writeZero(size)));

      assertThat(response.text()).isEqualTo("all");
      assertTook(Duration.ofMillis(900));
    }
  }

  @Test
  void aTcpConnectionThatDoesNotOpen() throws Exception {
    InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    try (SilentListener silent = new SilentListener(any)) {
      HttpPeer peer =
          Peers.of(
              silent.port(),
              Peers.with(
                  t -> new Timeouts(SHORT, t.totalConnection(), t.read(), t.write(), t.idle())));
      startClock();

      PeerException failure =
          (PeerException) connector.open(peer, Call.anyLoop(connector)).await().cause();

      assertThat(failure.failure()).isEqualTo(Failure.CONNECT_TIMEOUT);
      assertThat(failure).hasMessageContaining("within 400ms");
      assertThat(failure.isSafeToRetry()).isTrue();
      assertTook(SHORT);
    }
  }

  @Test
  void aTlsHandshakeThatGetsNoAnswer() throws Exception {
    try (ScriptedServer server = new ScriptedServer(ScriptedServer.Connection::stall)) {
      PeerOptions options =
          new PeerOptions(
              Peers.PLAIN.alpn(),
              Optional.of(new TlsOptions("localhost", false, false)),
              new Timeouts(
                  Duration.ofSeconds(5),
                  SHORT,
                  Duration.ofSeconds(5),
                  Duration.ofSeconds(5),
                  Duration.ofSeconds(5)),
              Peers.LIMITS,
              Peers.PLAIN.socket());
      startClock();

      PeerException failure =
          (PeerException)
              connector
                  .open(Peers.of(server.port(), options), Call.anyLoop(connector))
                  .await()
                  .cause();

      assertThat(failure.failure()).isEqualTo(Failure.TOTAL_CONNECT_TIMEOUT);
      assertThat(failure).hasMessageContaining("within 400ms");
      assertTook(SHORT);
      assertThat(connector.open()).isZero();
    }
  }

  @Test
  void anIdleConnectionIsClosedAfterItsTime() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering("x")) {
      HttpPeer peer =
          Peers.of(
              server.port(),
              Peers.with(
                  t ->
                      new Timeouts(
                          t.connection(), t.totalConnection(), t.read(), t.write(), SHORT)));
      Call.fetch(connector, peer, "/");
      startClock();
      assertThat(Call.fetch(connector, peer, "/").reused()).isTrue();

      Await.until("closed", () -> connector.open() == 0);

      assertTook(SHORT);
      assertThat(connector.stats(peer).closed()).isEqualTo(1);
    }
  }
}
