package io.upstream4j.core.connect;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.upstream4j.core.peer.Alpn;
import io.upstream4j.core.peer.Http2Options;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.peer.PeerException.Failure;
import io.upstream4j.core.peer.PeerOptions;
import io.upstream4j.core.peer.SocketOptions;
import io.upstream4j.core.peer.Timeouts;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** HTTP/2 servers that break the rules, frame by frame (RFC 9113), and what it costs. */
class Http2FaultsTest {
  // The numbers of a client's requests: Netty leaves 1 to one that was upgraded.
  private static final int FIRST = 3;
  private static final int SECOND = 5;
  static final int DATA = 0;
  static final int HEADERS = 1;
  private static final int PRIORITY = 2;
  private static final int RESET = 3;
  static final int SETTINGS = 4;
  private static final int PING = 6;
  static final int GOAWAY = 7;
  private static final int CONTINUATION = 9;
  static final int END_STREAM = 1;
  static final int END_HEADERS = 4;
  // :status: 200 in HPACK's static table (RFC 7541, appendix A).
  static final byte[] STATUS_200 = {(byte) 0x88};

  private final Connector connector = new Connector(1);

  @AfterEach
  void close() {
    connector.close();
  }

  /** What a server does with a request whose stream has that number. */
  interface Fault {
    void answer(ScriptedServer.Connection connection, int stream) throws Exception;
  }

  /** A frame that came, without its payload. */
  record Received(int type, int flags, int stream) {
    static Received from(DataInputStream in) throws IOException {
      int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
      Received frame = new Received(in.readUnsignedByte(), in.readUnsignedByte(), in.readInt());
      in.readNBytes(length);
      return frame;
    }
  }

  /** Greets with these settings; does what a fault says on the first connection, then is good. */
  private static ScriptedServer server(byte[] settings, Fault fault) {
    return new ScriptedServer(
        connection -> {
          DataInputStream in = new DataInputStream(connection.socket.getInputStream());
          in.readNBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".length());
          boolean first = connection.number == 1;
          connection.send(frame(SETTINGS, 0, 0, first ? settings : new byte[0]));
          while (true) {
            Received frame = Received.from(in);
            if (frame.type() == SETTINGS && (frame.flags() & 1) == 0) {
              connection.send(frame(SETTINGS, 1, 0));
            } else if (frame.type() == HEADERS) {
              if (first) {
                fault.answer(connection, frame.stream());
              } else {
                ok(connection, frame.stream());
              }
            }
          }
        });
  }

  static ScriptedServer server(Fault fault) {
    return server(new byte[0], fault);
  }

  static void ok(ScriptedServer.Connection connection, int stream) throws IOException {
    connection.send(frame(HEADERS, END_HEADERS, stream, STATUS_200));
    connection.send(frame(DATA, END_STREAM, stream, "fine".getBytes(StandardCharsets.US_ASCII)));
  }

  static byte[] frame(int type, int flags, int stream, byte... payload) {
    return ByteBuffer.allocate(9 + payload.length)
        .put((byte) (payload.length >> 16))
        .putShort((short) payload.length)
        .put((byte) type)
        .put((byte) flags)
        .putInt(stream)
        .put(payload)
        .array();
  }

  private static byte[] setting(int name, int value) {
    return ByteBuffer.allocate(6).putShort((short) name).putInt(value).array();
  }

  private static byte[] number(int... values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length);
    for (int value : values) {
      bytes.putInt(value);
    }
    return bytes.array();
  }

  /** A literal header field without indexing (RFC 7541, section 6.2.2). */
  private static byte[] field(String name, String value) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(0);
    out.write(name.length());
    out.writeBytes(name.getBytes(StandardCharsets.ISO_8859_1));
    out.write(value.length());
    out.writeBytes(value.getBytes(StandardCharsets.ISO_8859_1));
    return out.toByteArray();
  }

  private static byte[] join(byte[] one, byte[] other) {
    return ByteBuffer.allocate(one.length + other.length).put(one).put(other).array();
  }

  private static HttpPeer peer(int port, Duration read, Optional<Duration> ping) {
    Timeouts all = Peers.TIMEOUTS;
    return Peers.of(
        port,
        new PeerOptions(
            Alpn.H2,
            Optional.empty(),
            new Timeouts(all.connection(), Duration.ofSeconds(5), read, all.write(), all.idle()),
            Peers.LIMITS,
            SocketOptions.SYSTEM,
            new Http2Options(100, ping)));
  }

  private static HttpPeer peer(ScriptedServer server) {
    return peer(server.port(), Duration.ofSeconds(20), Optional.empty());
  }

  private PeerException failure(HttpPeer peer) throws Exception {
    return Call.start(Call.open(connector, peer), Call.get("/")).failure();
  }

  private void nextIsFine(HttpPeer peer) throws Exception {
    assertThat(Call.fetch(connector, peer, "/").text()).isEqualTo("fine");
  }

  private static void repeat(ScriptedServer.Connection connection, byte[] frame)
      throws IOException {
    ByteArrayOutputStream many = new ByteArrayOutputStream();
    for (int i = 0; i < 100; i++) {
      many.writeBytes(frame);
    }
    // Until the client has had enough.
    while (true) {
      connection.send(many.toByteArray());
    }
  }

  /** A frame that is allowed, but not without end. */
  enum Flood {
    PINGS,
    PRIORITIES,
    SETTINGS_FRAMES,
    RESETS,
    EMPTY_DATA,
    CONTINUATIONS,
    INTERIM_RESPONSES,
    UNKNOWN;

    void send(ScriptedServer.Connection connection, int stream) throws IOException {
      switch (this) {
        case PINGS -> repeat(connection, frame(PING, 0, 0, new byte[8]));
        case PRIORITIES -> repeat(connection, frame(PRIORITY, 0, stream, 0, 0, 0, 0, 1));
        case SETTINGS_FRAMES -> repeat(connection, frame(SETTINGS, 0, 0));
        case RESETS -> repeat(connection, frame(RESET, 0, stream, number(8)));
        case EMPTY_DATA -> {
          connection.send(frame(HEADERS, END_HEADERS, stream, STATUS_200));
          repeat(connection, frame(DATA, 0, stream));
        }
        case CONTINUATIONS -> {
          connection.send(frame(HEADERS, 0, stream, STATUS_200));
          repeat(connection, frame(CONTINUATION, 0, stream, field("x", "y")));
        }
        case INTERIM_RESPONSES ->
            repeat(connection, frame(HEADERS, END_HEADERS, stream, field(":status", "103")));
        case UNKNOWN -> repeat(connection, frame(0x77, 0, 0));
      }
    }

    private static byte[] frame(int type, int flags, int stream, int... payload) {
      byte[] bytes = new byte[payload.length];
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = (byte) payload[i];
      }
      return Http2FaultsTest.frame(type, flags, stream, bytes);
    }

    private static byte[] frame(int type, int flags, int stream, byte[] payload) {
      return Http2FaultsTest.frame(type, flags, stream, payload);
    }
  }

  @ParameterizedTest
  @EnumSource(Flood.class)
  void aFloodEndsTheConnectionAndTheNextRequestIsFine(Flood flood) throws Exception {
    try (ScriptedServer server = server(flood::send)) {
      HttpPeer peer = peer(server);

      assertThat(failure(peer).failure())
          .isIn(Failure.PROTOCOL, Failure.CLOSED); // a reset stream is closed; the rest is a breach
      Await.until("closed", () -> connector.open() == 0);
      nextIsFine(peer);
      assertThat(server.accepted).hasValue(2);
    }
  }

  @Test
  void aResetAfterEachAnswerIsNoFlood() throws Exception {
    try (ScriptedServer server =
        server(
            (connection, stream) -> {
              ok(connection, stream);
              connection.send(frame(RESET, 0, stream, number(0))); // as RFC 9113, 8.1 allows
            })) {
      HttpPeer peer = peer(server);
      for (int i = 0; i < 6_000; i++) {
        nextIsFine(peer);
      }
      assertThat(server.accepted).hasValue(1);
    }
  }

  @Test
  void manyRefusedStreamsCostTheOthersOfTheirConnectionNothing() throws Exception {
    int refused = 1_000;
    int first = 3;
    try (ScriptedServer server =
        server(
            (connection, stream) -> {
              if (stream > first + 2 * refused) {
                ok(connection, first);
                ok(connection, stream);
              } else if (stream > first) {
                connection.send(frame(RESET, 0, stream, number(7)));
              }
            })) {
      HttpPeer peer = peer(server);
      Call waiting = Call.start(Call.open(connector, peer), Call.get("/"));
      for (int i = 0; i < refused; i++) {
        assertThat(failure(peer).failure()).isEqualTo(Failure.REFUSED);
      }
      nextIsFine(peer);
      assertThat(waiting.response().text()).isEqualTo("fine");
      assertThat(server.accepted).hasValue(1);
    }
  }

  @Test
  void aRequestWithoutABodyIsOneFrame() throws Exception {
    BlockingQueue<String> received = new LinkedBlockingQueue<>();
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              DataInputStream in = new DataInputStream(connection.socket.getInputStream());
              in.readNBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".length());
              connection.send(frame(SETTINGS, 0, 0));
              while (true) {
                Received frame = Received.from(in);
                int ends = frame.flags() & END_STREAM;
                if (frame.stream() != 0) {
                  received.add(frame.stream() + " " + frame.type() + " " + ends);
                  if (ends != 0) {
                    ok(connection, frame.stream());
                  }
                }
              }
            })) {
      HttpPeer peer = peer(server);
      nextIsFine(peer);
      HttpRequest head = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/");
      head.headers().set("host", "localhost");
      Call streamed = Call.start(Call.open(connector, peer), head);
      streamed.stream().write(LastHttpContent.EMPTY_LAST_CONTENT);
      streamed.stream().flush();
      assertThat(streamed.response().text()).isEqualTo("fine");
      assertThat(received).containsExactly("3 1 1", "5 1 1");
    }
  }

  @Test
  void headersWithoutEndAreRefused() throws Exception {
    byte[] some = field("x-long", "y".repeat(100));
    try (ScriptedServer server =
        server(
            (connection, stream) -> {
              byte[] many = some;
              while (many.length < 12_000) {
                many = join(many, some);
              }
              connection.send(frame(HEADERS, 0, stream, STATUS_200));
              while (true) {
                connection.send(frame(CONTINUATION, 0, stream, many));
              }
            })) {
      HttpPeer peer = peer(server);

      assertThat(failure(peer).failure()).isEqualTo(Failure.PROTOCOL);
      nextIsFine(peer);
    }
  }

  @Test
  void aServerThatTakesNoStreamsIsSaidToDoSo() throws Exception {
    try (ScriptedServer server = server(setting(3, 0), (connection, stream) -> {})) {
      HttpPeer peer = peer(server);

      assertThat(refusal(peer).failure()).isEqualTo(Failure.REFUSED);
      nextIsFine(peer);
    }
  }

  private PeerException refusal(HttpPeer peer) throws Exception {
    try {
      Call.open(connector, peer);
      throw new AssertionError("a stream");
    } catch (ExecutionException e) {
      assertThat(e.getCause()).isInstanceOf(PeerException.class);
      return (PeerException) e.getCause();
    }
  }

  @Test
  void aServerThatDoesNotSpeakHttp2IsSaidNotTo() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              connection.readHead();
              connection.send("HTTP/1.1 400 Bad Request\r\n\r\n");
              connection.stall();
            })) {
      PeerException refusal = refusal(peer(server));

      assertThat(refusal.failure()).isEqualTo(Failure.PROTOCOL);
      assertThat(refusal).hasMessageContaining("HTTP/2 is not valid");
    }
  }

  @Test
  void aRefusedStreamMayBeTriedAgain() throws Exception {
    try (ScriptedServer server =
        server(
            (connection, stream) -> {
              if (stream == SECOND) {
                connection.send(frame(RESET, 0, stream, number(7)));
              } else {
                ok(connection, stream);
              }
            })) {
      HttpPeer peer = peer(server);

      nextIsFine(peer);
      PeerException refused = failure(peer);
      assertThat(refused.failure()).isEqualTo(Failure.REFUSED);
      assertThat(refused.isSafeToRetry()).isTrue();
      nextIsFine(peer);
      assertThat(server.accepted).hasValue(1);
    }
  }

  @Test
  void whatIsAboveTheLastStreamOfAGoodbyeMayBeTriedAgainAndTheRestEnds() throws Exception {
    try (ScriptedServer server =
        server(
            (connection, stream) -> {
              if (stream == SECOND) {
                connection.send(frame(GOAWAY, 0, 0, number(FIRST, 0)));
                ok(connection, FIRST);
              }
            })) {
      HttpPeer peer = peer(server);

      Call below = Call.start(Call.open(connector, peer), Call.get("/"));
      Call above = Call.start(Call.open(connector, peer), Call.get("/"));

      assertThat(above.failure().isSafeToRetry()).isTrue();
      assertThat(below.response().text()).isEqualTo("fine");
      nextIsFine(peer);
      assertThat(server.accepted).hasValue(2);
    }
  }

  @Test
  void aResetInTheMiddleEndsOneExchangeOnly() throws Exception {
    try (ScriptedServer server =
        server(
            (connection, stream) -> {
              if (stream == SECOND) {
                connection.send(frame(HEADERS, END_HEADERS, stream, STATUS_200));
                connection.send(frame(RESET, 0, stream, number(2)));
                ok(connection, FIRST);
              }
            })) {
      HttpPeer peer = peer(server);

      Call other = Call.start(Call.open(connector, peer), Call.get("/"));
      PeerException reset = failure(peer);

      assertThat(reset.failure()).isEqualTo(Failure.CLOSED);
      assertThat(reset.isSafeToRetry()).isFalse();
      assertThat(reset).hasMessageContaining("INTERNAL_ERROR");
      assertThat(other.response().text()).isEqualTo("fine");
    }
  }

  /** Heads that would be dangerous in the words of HTTP/1.1. */
  enum Malformed {
    LINE_FEED("x", "a\r\nb: c"),
    TRANSFER_CODING("transfer-encoding", "chunked"),
    CONNECTION("connection", "close"),
    COLON("a:b", "c"),
    UPPER_CASE("X-Up", "c");

    private final byte[] field;

    Malformed(String name, String value) {
      this.field = Http2FaultsTest.field(name, value);
    }
  }

  @ParameterizedTest
  @EnumSource(Malformed.class)
  void aMalformedHeadIsNeverDelivered(Malformed malformed) throws Exception {
    try (ScriptedServer server =
        server(
            (connection, stream) ->
                connection.send(
                    frame(
                        HEADERS,
                        END_HEADERS | END_STREAM,
                        stream,
                        join(STATUS_200, malformed.field))))) {
      assertThat(failure(peer(server)).failure()).isEqualTo(Failure.PROTOCOL);
    }
  }

  @Test
  void aBodyShorterThanItsLengthIsNoResponse() throws Exception {
    byte[] head = join(STATUS_200, field("content-length", "9"));
    for (boolean some : new boolean[] {true, false}) {
      try (ScriptedServer server =
          server(
              (connection, stream) -> {
                connection.send(
                    frame(HEADERS, END_HEADERS | (some ? 0 : END_STREAM), stream, head));
                if (some) {
                  connection.send(frame(DATA, END_STREAM, stream, (byte) 'x'));
                }
              })) {
        assertThat(failure(peer(server)).failure()).isEqualTo(Failure.PROTOCOL);
      }
    }
  }

  @Test
  void aConnectionThatIsSilentLeavesThePoolWithTheFirstReadTimeout() throws Exception {
    try (ScriptedServer server = server((connection, stream) -> {})) {
      HttpPeer peer = peer(server.port(), Duration.ofMillis(500), Optional.empty());

      long began = System.nanoTime();
      assertThat(failure(peer).failure()).isEqualTo(Failure.READ_TIMEOUT);
      assertThat(Duration.ofNanos(System.nanoTime() - began))
          .isBetween(Duration.ofMillis(480), Duration.ofMillis(1_500));
      nextIsFine(peer);
      assertThat(server.accepted).hasValue(2);
    }
  }

  @Test
  void aPeerThatDoesNotAnswerPingsIsGivenUp() throws Exception {
    try (ScriptedServer server = server((connection, stream) -> {})) {
      HttpPeer peer =
          peer(server.port(), Duration.ofSeconds(20), Optional.of(Duration.ofMillis(200)));

      PeerException failure = failure(peer);

      assertThat(failure.failure()).isEqualTo(Failure.CLOSED);
      assertThat(failure).hasMessageContaining("no answer to an HTTP/2 PING within 200ms");
      nextIsFine(peer);
    }
  }

  @Test
  void aBodyMayTakeItsTimeOnceThePeerHasSaidContinue() throws Exception {
    Duration read = Duration.ofMillis(300);
    try (ScriptedServer server =
        server(
            (connection, stream) -> {
              connection.send(frame(HEADERS, END_HEADERS, stream, field(":status", "100")));
              DataInputStream in = new DataInputStream(connection.socket.getInputStream());
              Received frame = Received.from(in);
              while (frame.type() != DATA) {
                frame = Received.from(in);
              }
              ok(connection, stream);
            })) {
      HttpStream stream = Call.open(connector, peer(server.port(), read, Optional.empty()));
      Call call = new Call(stream);
      HttpRequest head = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, "/");
      head.headers().set("transfer-encoding", "chunked").set("expect", "100-continue");
      stream.begin(head, call);
      stream.flush();
      stream.read();
      assertThat(call.done)
          .failsWithin(read.multipliedBy(3))
          .withThrowableOfType(java.util.concurrent.TimeoutException.class);

      stream.write(LastHttpContent.EMPTY_LAST_CONTENT);
      stream.flush();

      assertThat(call.response().text()).isEqualTo("fine");
    }
  }

  @Test
  void whatNobodyReadsStopsAtTheWindowAndOthersGoOn() throws Exception {
    java.util.concurrent.atomic.AtomicInteger sent =
        new java.util.concurrent.atomic.AtomicInteger();
    try (ScriptedServer server =
        server(
            (connection, stream) -> {
              if (stream == FIRST) {
                connection.send(frame(HEADERS, END_HEADERS, stream, STATUS_200));
                // A good server stops here: the window is full.
                for (int left = Http2Options.DEFAULT.streamWindowBytes();
                    left > 0;
                    left -= 16_384) {
                  connection.send(frame(DATA, 0, stream, new byte[16_384]));
                  sent.addAndGet(16_384);
                }
              } else {
                ok(connection, stream);
              }
            })) {
      HttpPeer peer = peer(server);
      HttpStream stalled = Call.open(connector, peer);
      stalled.begin(Call.get("/"), new Call(stalled));
      stalled.flush();
      Await.until("sent", () -> sent.get() == Http2Options.DEFAULT.streamWindowBytes());

      for (int i = 0; i < 100; i++) {
        nextIsFine(peer);
      }
      stalled.cancel();
      nextIsFine(peer);
      assertThat(server.accepted).hasValue(1);
    }
  }
}
