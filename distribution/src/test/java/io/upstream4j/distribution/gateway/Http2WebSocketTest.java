package io.upstream4j.distribution.gateway;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Headers;
import io.upstream4j.core.stats.UpstreamStats;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests WebSockets of HTTP/2 clients (RFC 8441), frame by frame. Backends use HTTP/1.1. */
@Timeout(60)
class Http2WebSocketTest {
  private static final int ENABLE_CONNECT_PROTOCOL = 8;
  private static final int LONG = 600;

  private static String accept(String key) throws Exception {
    byte[] text = (key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").getBytes(ISO_8859_1);
    return Base64.getEncoder().encodeToString(MessageDigest.getInstance("SHA-1").digest(text));
  }

  private static void grant(TestBackend.Call call) throws IOException {
    try {
      call.send(
          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              + "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Accept: "
              + accept(call.head.header("sec-websocket-key"))
              + "\r\n\r\n");
    } catch (IOException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** Echoes all data until the other side ends, and then sends its length. */
  private static boolean echo(TestBackend.Call call) throws IOException {
    grant(call);
    int count = 0;
    for (int next = call.in.read(); next >= 0; next = call.in.read()) {
      count++;
      call.out.write(next);
      if (call.in.available() == 0) {
        call.out.flush();
      }
    }
    call.send("<" + count + ">");
    return false;
  }

  private static RawHttp2 open(RawHttp2 client, int stream, String protocol, String path)
      throws IOException {
    return client.frame(
        RawHttp2.HEADERS,
        RawHttp2.END_HEADERS,
        stream,
        RawHttp2.fields(
            ":method", "CONNECT",
            ":protocol", protocol,
            ":scheme", "http",
            ":authority", "host",
            ":path", path,
            "sec-websocket-version", "13",
            "sec-websocket-protocol", "chat"));
  }

  private static RawHttp2 say(RawHttp2 client, int stream, int flags, String text)
      throws IOException {
    return client.frame(RawHttp2.DATA, flags, stream, text.getBytes(ISO_8859_1));
  }

  /** Returns received data up to a length or the end. */
  private static String hear(RawHttp2 client, int stream, int length) throws IOException {
    StringBuilder heard = new StringBuilder();
    while (heard.length() < length) {
      RawHttp2.Frame frame = client.next(RawHttp2.DATA);
      assertThat(frame.stream()).isEqualTo(stream);
      heard.append(new String(frame.payload(), ISO_8859_1));
      if (frame.endsStream()) {
        return heard + "|";
      }
    }
    return heard.toString();
  }

  // HPACK's static table (RFC 7541, appendix A): 8 is :status 200.
  private static boolean isOk(RawHttp2.Frame head) {
    return head.payload()[0] == (byte) 0x88;
  }

  @Test
  void whatGrantsOneHasNoLength() throws Exception {
    try (TestBackend backend =
            new TestBackend(
                call -> {
                  call.send(
                      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                          + "Connection: Upgrade\r\nContent-Length: 5\r\nSec-WebSocket-Accept: "
                          + accept(call.head.header("sec-websocket-key"))
                          + "\r\n\r\nhi");
                  return false;
                });
        TestGateway gateway = TestGateway.before(backend);
        RawHttp2 client = new RawHttp2(gateway.address).greet()) {
      RawHttp2.Frame head = open(client, 1, "websocket", "/").next(RawHttp2.HEADERS);
      Http2Headers fields =
          new DefaultHttp2HeadersDecoder().decodeHeaders(1, Unpooled.wrappedBuffer(head.payload()));
      assertThat(fields.status()).hasToString("200");
      assertThat(fields.contains("content-length")).isFalse();
      assertThat(hear(client, 1, 2)).startsWith("hi");
    }
  }

  @Test
  void theSettingsSayThatTheyAreServed() throws Exception {
    try (TestBackend backend = TestBackend.answering("ok");
        TestGateway gateway = TestGateway.before(backend);
        RawHttp2 client = new RawHttp2(gateway.address).greet()) {
      ByteBuffer settings = ByteBuffer.wrap(client.next(RawHttp2.SETTINGS).payload());
      int value = -1;
      while (settings.hasRemaining()) {
        int id = settings.getShort();
        int one = settings.getInt();
        value = id == ENABLE_CONNECT_PROTOCOL ? one : value;
      }
      assertThat(value).isEqualTo(1);
    }
  }

  @Test
  void bytesPassBothWaysAndEachSideEndsItsOwn() throws Exception {
    try (TestBackend backend = new TestBackend(Http2WebSocketTest::echo);
        TestGateway gateway = TestGateway.before(backend);
        RawHttp2 client = new RawHttp2(gateway.address).greet()) {
      open(client, 1, "websocket", "/chat?a=b");
      RawHttp2.Frame head = client.next(RawHttp2.HEADERS);
      assertThat(isOk(head)).isTrue();
      assertThat(head.endsStream()).isFalse();
      String fields = new String(head.payload(), ISO_8859_1);
      assertThat(fields).doesNotContain("accept");

      TestBackend.Head asked = backend.nextHead();
      assertThat(asked.line()).isEqualTo("GET /chat?a=b HTTP/1.1");
      assertThat(asked.all("upgrade")).containsExactly("websocket");
      assertThat(asked.all("connection")).containsExactly("upgrade");
      assertThat(asked.all("sec-websocket-version")).containsExactly("13");
      assertThat(asked.all("sec-websocket-protocol")).containsExactly("chat");
      assertThat(Base64.getDecoder().decode(asked.header("sec-websocket-key"))).hasSize(16);
      assertThat(asked.headers()).noneMatch(header -> header.startsWith(":"));
      assertThat(asked.header("transfer-encoding")).isNull();

      for (int i = 0; i < 100; i++) {
        say(client, 1, 0, "message " + i);
        assertThat(hear(client, 1, ("message " + i).length())).isEqualTo("message " + i);
      }
      say(client, 1, RawHttp2.END_STREAM, "end");
      assertThat(hear(client, 1, Integer.MAX_VALUE)).startsWith("end<").endsWith(">|");
      TestGateway.await("nothing in flight", () -> gateway.inFlight() == 0);
      UpstreamStats stats = gateway.upstreams.get("api").stats();
      assertThat(stats.backends().get(0).failures()).as("asked for by the client").isZero();
      assertThat(stats.retries()).isZero();
    }
  }

  @Test
  void whatTheClientSaysAheadOfTheAnswerIsNotLost() throws Exception {
    try (TestBackend backend = new TestBackend(Http2WebSocketTest::echo);
        TestGateway gateway = TestGateway.before(backend);
        RawHttp2 client = new RawHttp2(gateway.address).greet()) {
      open(client, 1, "websocket", "/");
      say(client, 1, 0, "early ");
      say(client, 1, RawHttp2.END_STREAM, "bird");
      assertThat(hear(client, 1, Integer.MAX_VALUE)).isEqualTo("early bird<10>|");
    }
  }

  @Test
  void aClientThatGoesEndsTheBackendsSideToo() throws Exception {
    BlockingQueue<Integer> ends = new LinkedBlockingQueue<>();
    try (TestBackend backend =
            new TestBackend(
                call -> {
                  grant(call);
                  ends.add(call.in.read());
                  return false;
                });
        TestGateway gateway = TestGateway.before(backend);
        RawHttp2 client = new RawHttp2(gateway.address).greet()) {
      open(client, 1, "websocket", "/");
      assertThat(isOk(client.next(RawHttp2.HEADERS))).isTrue();
      client.frame(RawHttp2.RESET, 0, 1, (byte) 0, (byte) 0, (byte) 0, (byte) 8);
      assertThat(ends.poll(20, TimeUnit.SECONDS)).isEqualTo(-1);
      TestGateway.await("nothing in flight", () -> gateway.inFlight() == 0);
    }
  }

  @Test
  void aBackendThatEndsIsTheEndOfTheStream() throws Exception {
    try (TestBackend backend =
            new TestBackend(
                call -> {
                  grant(call);
                  call.send("bye");
                  return false;
                });
        TestGateway gateway = TestGateway.before(backend);
        RawHttp2 client = new RawHttp2(gateway.address).greet()) {
      open(client, 1, "websocket", "/");
      assertThat(hear(client, 1, Integer.MAX_VALUE)).isEqualTo("bye|");
      assertThat(client.next(RawHttp2.RESET).error()).as("NO_ERROR").isZero();
      client.get(3, "/");
      assertThat(client.next(RawHttp2.HEADERS).stream()).isEqualTo(3);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "HTTP/1.1 403 Forbidden~Content-Length: 2~~no | 403",
        "HTTP/1.1 200 OK~Content-Length: 2~~no | 502",
        "HTTP/1.1 101 Switching Protocols~Upgrade: websocket~Connection: Upgrade~~ | 502",
        "HTTP/1.1 101 Switching Protocols~Upgrade: websocket~Connection: Upgrade~"
            + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=~~ | 502",
      })
  void noneIsOpenUnlessTheBackendGrantsIt(String answer, String status) throws Exception {
    try (TestBackend backend =
            new TestBackend(
                call -> {
                  call.send(answer.replace("~", "\r\n"));
                  return true;
                });
        TestGateway gateway = TestGateway.before(backend);
        RawHttp2 client = new RawHttp2(gateway.address).greet()) {
      open(client, 1, "websocket", "/");
      RawHttp2.Frame head = client.next(RawHttp2.HEADERS);
      assertThat(isOk(head)).isFalse();
      assertThat(new String(head.payload(), ISO_8859_1)).contains(status);
      assertThat(hear(client, 1, Integer.MAX_VALUE)).endsWith("|");
      TestGateway.await("nothing in flight", () -> gateway.inFlight() == 0);
    }
  }

  @Test
  void otherProtocolsAndTunnelsAreRefused() throws Exception {
    try (TestBackend backend = TestBackend.answering("ok");
        TestGateway gateway = TestGateway.before(backend);
        RawHttp2 client = new RawHttp2(gateway.address).greet()) {
      open(client, 1, "connect-udp", "/");
      assertThat(hear(client, 1, Integer.MAX_VALUE)).isEqualTo("CONNECT is not served here\n|");
      client.frame(
          RawHttp2.HEADERS,
          RawHttp2.END_HEADERS,
          3,
          RawHttp2.fields(":method", "CONNECT", ":authority", "host:443"));
      assertThat(hear(client, 3, Integer.MAX_VALUE)).isEqualTo("CONNECT is not served here\n|");
      assertThat(backend.heads).isEmpty();
    }
  }

  @Test
  void oneThroughWhichNothingPassesForLongIsClosed() throws Exception {
    try (TestBackend backend = new TestBackend(Http2WebSocketTest::echo);
        TestGateway gateway =
            TestGateway.hurrying(new ClientTimeouts(LONG, LONG, LONG, LONG, 1, LONG), backend);
        RawHttp2 client = new RawHttp2(gateway.address).greet()) {
      open(client, 1, "websocket", "/");
      assertThat(client.end(1).type()).isEqualTo(RawHttp2.RESET);
      TestGateway.await("nothing in flight", () -> gateway.inFlight() == 0);
    }
  }
}
