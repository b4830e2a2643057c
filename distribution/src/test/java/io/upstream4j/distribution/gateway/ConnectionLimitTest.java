package io.upstream4j.distribution.gateway;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.core.connect.TransportType;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests more clients than the limit allows. */
@Timeout(60)
class ConnectionLimitTest {
  private static final String GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  private static final String SLOW = "GET /slow HTTP/1.1\r\nHost: h\r\n\r\n";

  private final Semaphore mayAnswer = new Semaphore(0);
  private final List<RawClient> clients = new ArrayList<>();
  private TestBackend backend;
  private TestGateway gateway;

  @BeforeEach
  void start() throws IOException {
    backend =
        new TestBackend(
            call -> {
              if (call.head.line().contains("slow")) {
                mayAnswer.acquire();
              }
              if (call.head.line().contains("begin")) {
                call.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe");
                mayAnswer.acquire();
                call.send("llo");
                return true;
              }
              return call.answer("hello");
            });
  }

  @AfterEach
  void stop() throws IOException {
    for (RawClient client : clients) {
      client.close();
    }
    mayAnswer.release(1_000);
    if (gateway != null) {
      gateway.close();
    }
    backend.close();
  }

  private void limit(int connections) throws InterruptedException {
    limit(connections, TransportType.best());
  }

  private void limit(int connections, TransportType type) throws InterruptedException {
    gateway = TestGateway.withRoom(ConnectionLimit.of(connections), type, backend);
  }

  private RawClient connect() throws IOException {
    RawClient client = gateway.connect();
    clients.add(client);
    return client;
  }

  private GatewayStats stats() {
    return gateway.gateway.stats();
  }

  private static boolean isSilent(RawClient client) throws IOException {
    client.socket.setSoTimeout(200);
    try {
      return client.in.read() < -1;
    } catch (SocketTimeoutException e) {
      return true;
    } finally {
      client.socket.setSoTimeout(20_000);
    }
  }

  @ParameterizedTest
  @EnumSource(TransportType.class)
  void theLongestIdleOnesMakeRoomForOthers(TransportType type) throws Exception {
    limit(3, type);
    List<RawClient> before = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      before.add(connect().send(GET));
      assertThat(before.get(i).receive().body()).isEqualTo("hello");
    }
    assertThat(before.get(0).send(GET).receive().body()).isEqualTo("hello");
    assertThat(stats().evicted()).as("as many as there may be").isZero();

    assertThat(connect().send(GET).receive().body()).isEqualTo("hello");
    assertThat(before.get(1).isClosedByPeer()).isTrue();
    assertThat(connect().send(GET).receive().body()).isEqualTo("hello");
    assertThat(before.get(2).isClosedByPeer()).isTrue();
    assertThat(connect().send(GET).receive().body()).isEqualTo("hello");
    assertThat(before.get(0).isClosedByPeer()).as("used since").isTrue();
    for (int i = 0; i < 50; i++) {
      assertThat(connect().send(GET).receive().body()).isEqualTo("hello");
    }
    assertThat(stats().evicted()).isEqualTo(53);
    TestGateway.await("three", () -> stats().connections() == 3);
    assertThat(stats().refused()).isZero();
  }

  @Test
  void oneThatNeverSentAByteMakesRoomWhenItHasHadTime() throws Exception {
    limit(1);
    RawClient silent = connect();
    RawClient next = connect().send(GET);
    RawClient last = connect().send(GET);
    assertThat(next.receive().body()).isEqualTo("hello");
    assertThat(silent.isClosedByPeer()).isTrue();
    assertThat(last.receive().body()).isEqualTo("hello");
  }

  @ParameterizedTest
  @EnumSource(TransportType.class)
  void whereAllHoldRequestsTheNextWaitsForOneToEnd(TransportType type) throws Exception {
    limit(2, type);
    RawClient first = connect().send(SLOW);
    RawClient second = connect().send(SLOW);
    TestGateway.await("two requests", () -> stats().active() == 2);

    RawClient third = connect().send(GET);
    RawClient fourth = connect().send(GET);
    assertThat(isSilent(third)).isTrue();
    TestGateway.await("a pause", () -> stats().acceptPauses() > 0);
    assertThat(stats().connections()).isEqualTo(2);

    mayAnswer.release(2);
    assertThat(first.receive().body()).isEqualTo("hello");
    assertThat(second.receive().body()).isEqualTo("hello");
    assertThat(third.receive().body()).isEqualTo("hello");
    assertThat(fourth.receive().body()).isEqualTo("hello");
    assertThat(stats().refused()).isZero();
  }

  @Test
  void aResponseSaysThatItsConnectionClosesWhenOthersWaitForRoom() throws Exception {
    limit(1);
    RawClient first = connect().send(SLOW);
    TestGateway.await("a request", () -> stats().active() == 1);
    RawClient second = connect().send(GET);
    TestGateway.await("a pause", () -> stats().acceptPauses() == 1);
    mayAnswer.release();
    assertThat(first.receive().header("connection")).isEqualTo("close");
    assertThat(first.isClosedByPeer()).isTrue();
    assertThat(second.receive().body()).isEqualTo("hello");
    // No client waits any more, so this one stays.
    assertThat(second.send(GET).receive().header("connection")).isNull();
    assertThat(stats().evicted()).isZero();
  }

  @Test
  void aConnectionThatBecomesIdleWhileOthersWaitIsClosed() throws Exception {
    limit(1);
    RawClient first = connect().send("GET /begin HTTP/1.1\r\nHost: h\r\n\r\n");
    assertThat(TestBackend.line(first.in)).isEqualTo("HTTP/1.1 200 OK");
    RawClient second = connect().send(GET);
    TestGateway.await("a pause", () -> stats().acceptPauses() == 1);
    mayAnswer.release();
    assertThat(second.receive().body()).isEqualTo("hello");
    assertThat(new String(first.in.readAllBytes(), ISO_8859_1))
        .doesNotContain("close")
        .endsWith("\r\n\r\nhello");
    assertThat(stats().evicted()).isEqualTo(1);
  }

  @Test
  void aConnectionThatEndsByItselfMakesRoomToo() throws Exception {
    limit(1);
    RawClient first = connect().send(SLOW);
    TestGateway.await("a request", () -> stats().active() == 1);
    RawClient second = connect().send(GET);
    assertThat(isSilent(second)).isTrue();
    first.close();
    assertThat(second.receive().body()).isEqualTo("hello");
    assertThat(stats().evicted()).isZero();
  }

  @Test
  void oneOfHttp2WithoutRequestsMakesRoomToo() throws Exception {
    limit(1);
    RawClient first = connect();
    first.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0");
    assertThat(first.in.readNBytes(4)[3]).as("SETTINGS").isEqualTo((byte) 4);
    assertThat(connect().send(GET).receive().body()).isEqualTo("hello");
    assertThat(new String(first.in.readAllBytes(), ISO_8859_1)).as("to its end").isNotEmpty();
  }

  @Test
  void whatTheyDoNotReadKeepsNoIdleOneOfHttp2Open() throws Exception {
    limit(1);
    RawClient first = connect();
    first.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0");
    assertThat(connect().send(GET).receive().body()).isEqualTo("hello");
    TestGateway.await("gone", () -> stats().connections() == 1);
  }

  @Test
  void aClientWithTlsCountsAsSeveral() {
    ConnectionLimit limit = new ConnectionLimit(100, 10);
    Admission admission =
        new Admission(limit, new Counters(), new LimitWarning(text -> {}, System::nanoTime));
    assertThat(admission.enter(ConnectionLimit.TLS_UNITS)).isTrue();
    assertThat(admission.enter(ConnectionLimit.TLS_UNITS)).isTrue();
    assertThat(admission.enter(ConnectionLimit.TLS_UNITS)).isFalse();
    assertThat(admission.enter(1)).isTrue();
    assertThat(admission.enter(1)).isTrue();
    assertThat(admission.enter(1)).isFalse();
    admission.leave(ConnectionLimit.TLS_UNITS);
    assertThat(admission.enter(ConnectionLimit.TLS_UNITS)).isTrue();
  }

  @Test
  void theLimitIsWhatTheProcessHasRoomFor() {
    long heap = 256L * 1024 * 1024;
    assertThat(ConnectionLimit.of(heap, OptionalLong.empty()).units()).isEqualTo(16_384);
    assertThat(ConnectionLimit.of(heap, OptionalLong.of(20_000)).connections()).isEqualTo(9_872);
    assertThat(ConnectionLimit.of(heap, OptionalLong.of(100)).connections()).isEqualTo(37);
    assertThat(ConnectionLimit.of(1, OptionalLong.of(1))).isEqualTo(new ConnectionLimit(16, 16));
    assertThat(ConnectionLimit.of(Long.MAX_VALUE, OptionalLong.of(Long.MAX_VALUE)))
        .isEqualTo(new ConnectionLimit(Integer.MAX_VALUE, Integer.MAX_VALUE));
  }

  @Test
  void theLimitIsToldOnceAMinute() {
    BlockingQueue<String> told = new LinkedBlockingQueue<>();
    AtomicLong clock = new AtomicLong(Long.MAX_VALUE);
    Admission admission =
        new Admission(
            ConnectionLimit.of(1), new Counters(), new LimitWarning(told::add, clock::get));
    for (int i = 0; i < 1_000; i++) {
      admission.limitReached();
      admission.acceptFailed("Too many open files");
    }
    assertThat(told).hasSize(1).first().asString().contains("no room for another client");
    clock.addAndGet(TimeUnit.MINUTES.toNanos(1));
    admission.acceptFailed("Too many open files");
    assertThat(told).hasSize(2).last().asString().contains("Too many open files");
  }

  @Test
  void thoseThatWaitAreClosedWithTheGateway() throws Exception {
    limit(1);
    RawClient first = connect().send(SLOW);
    TestGateway.await("a request", () -> stats().active() == 1);
    RawClient second = connect().send(GET);
    TestGateway.await("a pause", () -> stats().acceptPauses() == 1);
    assertThat(gateway.gateway.drain(Duration.ofMillis(100))).isFalse();
    second.socket.setSoTimeout(20_000);
    boolean closed = false;
    try {
      closed = second.isClosedByPeer();
    } catch (IOException e) {
      closed = !(e instanceof SocketTimeoutException); // a reset
    }
    assertThat(closed).isTrue();
    mayAnswer.release();
    assertThat(first.receive().body()).isEqualTo("hello");
  }
}
