package io.upstream4j.distribution.gateway;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.SocketException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests HTTP/2 clients that violate the protocol or are slow, frame by frame. */
@Timeout(60)
class Http2FaultsTest {
  private static final int LONG = 600;

  /** What a client sends repeatedly. */
  interface Flood {
    void send(RawHttp2 client, int round) throws IOException;
  }

  private static void isStopped(Flood flood) throws Exception {
    isStopped(flood, RawHttp2.ENHANCE_YOUR_CALM);
  }

  private static void isStopped(Flood flood, int error) throws Exception {
    try (TestBackend backend = TestBackend.answering("ok");
        TestGateway gateway = TestGateway.before(backend);
        RawHttp2 client = new RawHttp2(gateway.address).greet()) {
      int sent = 0;
      try {
        while (sent < 1_000_000) {
          flood.send(client, sent++);
        }
      } catch (SocketException e) {
        assertThat(sent).as("frames before the end").isLessThan(1_000_000);
      }
      // A reset may arrive before the last frames.
      assertThat(client.awaitEnd()).isIn(error, -1);
      TestGateway.await("no connection", () -> gateway.gateway.stats().connections() == 0);
      TestGateway.await("no request", () -> gateway.inFlight() == 0);
      assertThat(gateway.gateway.stats().active()).isZero();
      try (RawHttp2 next = new RawHttp2(gateway.address).greet().get(1, "/")) {
        assertThat(next.end(1).type()).isEqualTo(RawHttp2.DATA);
      }
    }
  }

  @Test
  void aFloodOfPingsIsStopped() throws Exception {
    isStopped((client, round) -> client.frame(RawHttp2.PING, 0, 0, new byte[8]));
  }

  @Test
  void aFloodOfSettingsIsStopped() throws Exception {
    isStopped((client, round) -> client.frame(RawHttp2.SETTINGS, 0, 0));
  }

  @Test
  void aFloodOfRequestsThatAreResetAtOnceIsStopped() throws Exception {
    isStopped(
        (client, round) ->
            client
                .get(2 * round + 1, "/")
                .frame(RawHttp2.RESET, 0, 2 * round + 1, (byte) 0, (byte) 0, (byte) 0, (byte) 8));
  }

  @Test
  void aClientThatGivesUpResponsesInTheMiddleIsNoFlood() throws Exception {
    try (TestBackend backend =
            new TestBackend(
                call -> {
                  call.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
                  return call.in.read() >= 0; // until the gateway gives up, too
                });
        TestGateway gateway = TestGateway.before(backend);
        RawHttp2 client = new RawHttp2(gateway.address).greet()) {
      for (int stream = 1; stream < 1_200; stream += 2) {
        client.get(stream, "/");
        while (client.next(RawHttp2.DATA).stream() != stream) {}
        client.frame(RawHttp2.RESET, 0, stream, (byte) 0, (byte) 0, (byte) 0, (byte) 8);
      }
      client.get(1_201, "/");
      assertThat(client.next(RawHttp2.DATA).stream()).isEqualTo(1_201);
    }
  }

  @Test
  void aFloodOfEmptyDataIsStopped() throws Exception {
    isStopped(
        (client, round) -> {
          if (round == 0) {
            client.request(1, RawHttp2.END_HEADERS, "POST", "/");
          }
          client.frame(RawHttp2.DATA, 0, 1);
        });
  }

  @Test
  void aHeadWithoutEndIsStopped() throws Exception {
    byte[] field = RawHttp2.fields("x", "y".repeat(100));
    byte[] block = new byte[field.length * 100];
    for (int i = 0; i < 100; i++) {
      System.arraycopy(field, 0, block, i * field.length, field.length);
    }
    isStopped(
        (client, round) -> {
          if (round == 0) {
            client.request(1, 0, "GET", "/");
          }
          client.frame(RawHttp2.CONTINUATION, 0, 1, block);
        },
        RawHttp2.PROTOCOL_ERROR);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "an upper-case name      | X-Name            | v",
        "a connection header     | connection        | close",
        "chunks                  | transfer-encoding | chunked",
        "TE for the hop          | te                | gzip",
        "a pseudo-header behind  | :path             | /other",
        "another host            | host              | other",
        "a line end in a value   | x                 | a~b",
        "a line end in a name    | x~y               | v",
        "a colon in a name       | x:y               | v",
        "a length without a body | content-length    | 5",
        "a length that is none   | content-length    | 1x",
      })
  void whatCouldBeReadInTwoWaysReachesNoBackend(String what, String name, String value)
      throws Exception {
    try (TestBackend backend = TestBackend.answering("ok");
        TestGateway gateway = TestGateway.before(backend);
        RawHttp2 client = new RawHttp2(gateway.address).greet()) {
      client.get(1, "/bad", name.replace('~', '\n'), value.replace('~', '\n'));
      client.get(3, "/good");
      assertThat(client.end(1)).as(what).isNotNull();
      assertThat(client.end(3).type()).isEqualTo(RawHttp2.DATA);
      assertThat(backend.nextHead().line()).isEqualTo("GET /good HTTP/1.1");
      assertThat(backend.heads).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({"'/a b'", "/a#b", "'*'", "a", "'http://other/'", "/\u00e9"})
  void aPathThatIsNoneIsRefused(String path) throws Exception {
    try (TestBackend backend = TestBackend.answering("ok");
        TestGateway gateway = TestGateway.before(backend);
        RawHttp2 client = new RawHttp2(gateway.address).greet()) {
      client.get(1, path);
      assertThat(client.end(1)).isNotNull();
      assertThat(backend.heads).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {":method", ":scheme", ":path", ":scheme is ftp"})
  void whatMakesARequestMayNotBeMissing(String wrong) throws Exception {
    Map<String, String> fields = new LinkedHashMap<>();
    fields.put(":method", "GET");
    fields.put(":scheme", "http");
    fields.put(":authority", "host");
    fields.put(":path", "/bad");
    if (fields.remove(wrong) == null) {
      fields.put(":scheme", "ftp");
    }
    String[] block =
        fields.entrySet().stream()
            .flatMap(field -> Stream.of(field.getKey(), field.getValue()))
            .toArray(String[]::new);
    try (TestBackend backend = TestBackend.answering("ok");
        TestGateway gateway = TestGateway.before(backend);
        RawHttp2 client = new RawHttp2(gateway.address).greet()) {
      client.frame(
          RawHttp2.HEADERS, RawHttp2.END_STREAM | RawHttp2.END_HEADERS, 1, RawHttp2.fields(block));
      client.get(3, "/good");
      assertThat(client.end(1).error()).as("PROTOCOL_ERROR").isEqualTo(1);
      assertThat(client.end(3).type()).isEqualTo(RawHttp2.DATA);
      assertThat(backend.nextHead().line()).isEqualTo("GET /good HTTP/1.1");
      assertThat(backend.heads).isEmpty();
    }
  }

  @Test
  void trailersBehindALengthReachABackendThatSpeaksHttp1() throws Exception {
    try (TestBackend backend =
            new TestBackend(
                call -> call.answer(new String(call.body(), ISO_8859_1) + call.trailers));
        TestGateway gateway = TestGateway.before(backend);
        RawHttp2 client = new RawHttp2(gateway.address).greet()) {
      client
          .request(1, RawHttp2.END_HEADERS, "POST", "/", "content-length", "2", "trailer", "x-sum")
          .frame(RawHttp2.DATA, 0, 1, (byte) 'a', (byte) 'b')
          .frame(
              RawHttp2.HEADERS,
              RawHttp2.END_STREAM | RawHttp2.END_HEADERS,
              1,
              RawHttp2.fields("x-sum", "7", "host", "other"));
      assertThat(new String(client.next(RawHttp2.DATA).payload(), ISO_8859_1))
          .isEqualTo("ab[x-sum: 7]");
    }
  }

  @Test
  void anAuthorityAndAnEqualHostAreOne() throws Exception {
    try (TestBackend backend = TestBackend.answering("ok");
        TestGateway gateway = TestGateway.before(backend);
        RawHttp2 client = new RawHttp2(gateway.address).greet()) {
      client.get(1, "/", "host", "host", "cookie", "a=1", "cookie", "b=2");
      assertThat(client.end(1).type()).isEqualTo(RawHttp2.DATA);
      TestBackend.Head head = backend.nextHead();
      assertThat(head.all("host")).containsExactly("host");
      assertThat(head.all("cookie")).containsExactly("a=1; b=2");
      assertThat(head.header("via")).isEqualTo("2 upstream4j");
      assertThat(head.headers()).noneMatch(header -> header.startsWith("x-http2"));
    }
  }

  @Test
  void aPrefaceThatTricklesInIsGivenUp() throws Exception {
    try (TestBackend backend = TestBackend.answering("ok");
        TestGateway gateway =
            TestGateway.hurrying(new ClientTimeouts(LONG, 1, LONG, LONG, LONG, LONG), backend);
        RawHttp2 client = new RawHttp2(gateway.address)) {
      client.send("PRI * HT".getBytes(ISO_8859_1));
      assertThat(client.awaitEnd()).isEqualTo(-1);
    }
  }

  @Test
  void aConnectionThatNobodyUsesIsClosedInGoodOrder() throws Exception {
    try (TestBackend backend = TestBackend.answering("ok");
        TestGateway gateway =
            TestGateway.hurrying(new ClientTimeouts(1, LONG, LONG, LONG, LONG, LONG), backend);
        RawHttp2 client = new RawHttp2(gateway.address).greet().get(1, "/")) {
      assertThat(client.end(1).type()).isEqualTo(RawHttp2.DATA);
      assertThat(client.awaitEnd()).as("GOAWAY without an error").isZero();
    }
  }

  @Test
  void aBodyThatStopsIsRefusedAndTheOthersGoOn() throws Exception {
    try (TestBackend backend = TestBackend.answering("ok");
        TestGateway gateway =
            TestGateway.hurrying(new ClientTimeouts(LONG, LONG, 1, LONG, LONG, LONG), backend);
        RawHttp2 client = new RawHttp2(gateway.address).greet()) {
      client.request(1, RawHttp2.END_HEADERS, "POST", "/");
      assertThat(client.end(1)).isNotNull();
      assertThat(gateway.gateway.stats().responses4xx()).isEqualTo(1);
      assertThat(client.get(3, "/").end(3).type()).isEqualTo(RawHttp2.DATA);
      TestGateway.await("no request", () -> gateway.inFlight() == 0);
    }
  }

  @Test
  void aClientThatLeavesEndsItsRequests() throws Exception {
    CountDownLatch done = new CountDownLatch(1);
    try (TestBackend backend =
            new TestBackend(
                call -> {
                  done.await();
                  return false;
                });
        TestGateway gateway = TestGateway.before(backend)) {
      try (RawHttp2 client = new RawHttp2(gateway.address).greet()) {
        client.get(1, "/").get(3, "/");
        TestGateway.await("both at the backend", () -> backend.heads.size() == 2);
        client.frame(RawHttp2.RESET, 0, 1, (byte) 0, (byte) 0, (byte) 0, (byte) 8);
        TestGateway.await("one", () -> gateway.inFlight() == 1);
      }
      TestGateway.await("none", () -> gateway.inFlight() == 0);
      assertThat(gateway.gateway.stats().aborted()).isEqualTo(2);
      done.countDown();
    }
  }

  @Test
  void aClientThatDoesNotReadHoldsBackItsBackendAlone() throws Exception {
    AtomicLong written = new AtomicLong();
    byte[] part = new byte[64 * 1024];
    try (TestBackend backend =
            new TestBackend(
                call -> {
                  if (call.head.line().contains("/small")) {
                    return call.answer("ok");
                  }
                  call.send("HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n");
                  while (true) {
                    call.out.write(part);
                    written.addAndGet(part.length);
                  }
                });
        TestGateway gateway = TestGateway.before(backend);
        RawHttp2 client = new RawHttp2(gateway.address).greet()) {
      client.get(1, "/large");
      long before = -1;
      while (before != written.get() || before == 0) { // until it makes no more progress
        before = written.get();
        Thread.onSpinWait();
        client.frame(RawHttp2.PING, 0, 0, new byte[8]).next(RawHttp2.PING);
        TestGateway.await("a moment", new Moment()::isOver);
      }
      assertThat(before).isLessThan(32L << 20);
      client.frame(RawHttp2.WINDOW_UPDATE, 0, 0, (byte) 0, (byte) 1, (byte) 0, (byte) 0);
      assertThat(client.get(3, "/small").end(3).type()).isEqualTo(RawHttp2.DATA);
    }
  }

  /** Waits a quarter of a second, in which a backend could write megabytes. */
  private static final class Moment {
    private final long end = System.nanoTime() + 250_000_000;

    boolean isOver() {
      return System.nanoTime() - end > 0;
    }
  }

  @Test
  void aBodyThatTheBackendDoesNotTakeIsHeldBackByItsWindow() throws Exception {
    CountDownLatch done = new CountDownLatch(1);
    try (TestBackend backend =
            new TestBackend(
                call -> {
                  if (call.head.line().contains("/small")) {
                    return call.answer("ok");
                  }
                  done.await();
                  return false;
                });
        TestGateway gateway = TestGateway.before(backend);
        RawHttp2 client = new RawHttp2(gateway.address).greet()) {
      client.request(1, RawHttp2.END_HEADERS, "POST", "/large");
      byte[] part = new byte[16_000];
      Arrays.fill(part, (byte) 'x');
      int window = 65_535;
      int sent = 0;
      client.get(3, "/small");
      boolean answered = false;
      // Sends what the window allows, until there was no more for longer than a ping takes.
      for (int idle = 0; idle < 3; ) {
        while (window >= part.length) {
          client.frame(RawHttp2.DATA, 0, 1, part);
          window -= part.length;
          sent += part.length;
          idle = 0;
        }
        TestGateway.await("a moment", new Moment()::isOver);
        client.frame(RawHttp2.PING, 0, 0, new byte[8]);
        RawHttp2.Frame frame = client.next();
        while (frame.type() != RawHttp2.PING) {
          if (frame.type() == RawHttp2.WINDOW_UPDATE && frame.stream() == 1) {
            window += java.nio.ByteBuffer.wrap(frame.payload()).getInt();
          }
          answered |= frame.stream() == 3 && frame.endsStream();
          frame = client.next();
        }
        idle++;
      }
      assertThat(sent).isBetween(65_000, 32 << 20);
      assertThat(answered).as("the other request").isTrue();
      done.countDown();
    }
  }

  @Test
  void anAnswerBeforeTheEndOfTheBodyArrivesWhole() throws Exception {
    String page = "x".repeat(300_000);
    try (TestBackend backend = new TestBackend(call -> call.answer(page) && false);
        TestGateway gateway = TestGateway.before(backend);
        RawHttp2 client = new RawHttp2(gateway.address).greet()) {
      client.request(1, RawHttp2.END_HEADERS, "POST", "/");
      int received = 0;
      RawHttp2.Frame frame = client.next();
      while (!(frame.type() == RawHttp2.DATA && frame.endsStream())) {
        assertThat(frame.type()).isNotEqualTo(RawHttp2.RESET);
        if (frame.type() == RawHttp2.DATA) {
          received += frame.payload().length;
          byte[] increment = java.nio.ByteBuffer.allocate(4).putInt(frame.payload().length).array();
          if (frame.payload().length > 0) {
            client.frame(RawHttp2.WINDOW_UPDATE, 0, 0, increment);
            client.frame(RawHttp2.WINDOW_UPDATE, 0, 1, increment);
          }
        }
        frame = client.next();
      }
      assertThat(received + frame.payload().length).isEqualTo(page.length());
      assertThat(client.next(RawHttp2.RESET).error()).as("NO_ERROR").isZero();
    }
  }

  @Test
  void aGatewayThatStopsFinishesWhatIsUnderWay() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    try (TestBackend backend =
            new TestBackend(
                call -> {
                  go.await();
                  return call.answer("ok");
                });
        TestGateway gateway = TestGateway.before(backend);
        RawHttp2 client = new RawHttp2(gateway.address).greet().get(1, "/")) {
      backend.nextHead();
      Thread drain =
          new Thread(
              () -> {
                try {
                  gateway.gateway.drain(TestGateway.PATIENCE);
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              });
      drain.start();
      assertThat(client.next(RawHttp2.GOAWAY).error()).isZero();
      go.countDown();
      assertThat(client.end(1).type()).isEqualTo(RawHttp2.DATA);
      assertThat(client.awaitEnd()).isEqualTo(-1);
      drain.join();
      assertThat(gateway.gateway.stats().connections()).isZero();
    }
  }
}
