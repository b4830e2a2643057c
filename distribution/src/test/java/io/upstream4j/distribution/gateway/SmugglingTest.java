package io.upstream4j.distribution.gateway;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.core.config.GatewayLimits;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Tests that requests which recipients may interpret differently never reach a backend (RFC 9112,
 * section 11.2).
 */
class SmugglingTest {
  private static final String SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";

  private static TestBackend backend;
  private static TestGateway gateway;

  // Must not receive requests. Separate, because heads that others forwarded may be read late.
  private static TestBackend unreached;
  private static TestGateway refusing;

  @BeforeAll
  static void start() throws Exception {
    backend = TestBackend.answering("reached");
    gateway = TestGateway.before(backend);
    unreached = TestBackend.answering("reached");
    refusing = TestGateway.before(unreached);
  }

  @AfterAll
  static void stop() throws Exception {
    gateway.close();
    backend.close();
    refusing.close();
    unreached.close();
  }

  private static Map<String, String> corpus() {
    Map<String, String> all = new LinkedHashMap<>();
    String post = "POST / HTTP/1.1\r\nHost: h\r\n";
    all.put(
        "a length and chunks",
        post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    all.put(
        "chunks and a length",
        post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n");
    all.put("two different lengths", post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!");
    all.put("twice the same length", post + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello");
    all.put("a list of lengths", post + "Content-Length: 5, 5\r\n\r\nhello");
    all.put("a length with a sign", post + "Content-Length: +5\r\n\r\nhello");
    all.put("a negative length", post + "Content-Length: -5\r\n\r\nhello");
    all.put("a hexadecimal length", post + "Content-Length: 0x5\r\n\r\nhello");
    all.put("an empty length", post + "Content-Length: \r\n\r\nhello");
    all.put("a length with a space", post + "Content-Length: 1 0\r\n\r\nhellohello");
    all.put("a length beyond 64 bits", post + "Content-Length: 99999999999999999999\r\n\r\nhello");
    all.put("a length beyond 18 digits", post + "Content-Length: 9223372036854775807\r\n\r\nhello");
    all.put("an unknown transfer coding", post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n");
    all.put("two transfer codings", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n");
    all.put("chunked not last", post + "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n");
    all.put(
        "chunked twice",
        post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    all.put(
        "chunked and identity",
        post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n");
    all.put(
        "a transfer coding after a vertical tab",
        post + "Transfer-Encoding: \u000bchunked\r\n\r\n0\r\n\r\n");
    all.put(
        "chunks in HTTP/1.0",
        "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    all.put(
        "a space before the colon",
        post + "Transfer-Encoding : chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n");
    all.put("a tab before the colon", post + "Content-Length\t: 5\r\n\r\nhello");
    all.put("a folded header", post + "X-A: b\r\n Content-Length: 5\r\n\r\nhello");
    all.put("a folded transfer coding", post + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n");
    all.put("a folded first header", "GET / HTTP/1.1\r\n Host: h\r\nHost: h\r\n\r\n");
    all.put("a bare LF after a header", "GET / HTTP/1.1\r\nHost: h\nX-A: b\r\n\r\n");
    all.put("a bare LF after the request line", "GET / HTTP/1.1\nHost: h\r\n\r\n");
    all.put("bare LFs everywhere", "GET / HTTP/1.1\nHost: h\n\n");
    all.put("a bare CR in a header", "GET / HTTP/1.1\r\nHost: h\r\nX-A: b\rX-B: c\r\n\r\n");
    all.put("a bare CR in the target", "GET /a\rb HTTP/1.1\r\nHost: h\r\n\r\n");
    all.put("NUL in a header", "GET / HTTP/1.1\r\nHost: h\r\nX-A: b\u0000c\r\n\r\n");
    all.put("NUL in the target", "GET /\u0000 HTTP/1.1\r\nHost: h\r\n\r\n");
    all.put("a header without a colon", "GET / HTTP/1.1\r\nHost: h\r\nNonsense\r\n\r\n");
    all.put("a header without a name", "GET / HTTP/1.1\r\nHost: h\r\n: x\r\n\r\n");
    all.put("a header name with a slash", "GET / HTTP/1.1\r\nHost: h\r\nX/A: x\r\n\r\n");
    all.put("no host", "GET / HTTP/1.1\r\n\r\n");
    all.put("two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
    all.put("an empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n");
    all.put("a host with a space", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n");
    all.put("a host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n");
    all.put("a host with user info", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n");
    all.put("an absolute target with user info", "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n");
    all.put(
        "an absolute target and two hosts", "GET http://a/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
    all.put("a target that is no path", "GET index.html HTTP/1.1\r\nHost: h\r\n\r\n");
    all.put("a star for another method", "GET * HTTP/1.1\r\nHost: h\r\n\r\n");
    all.put("a fragment", "GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n");
    all.put("a byte that is not encoded", "GET /\u00e9 HTTP/1.1\r\nHost: h\r\n\r\n");
    all.put("two spaces in the request line", "GET  / HTTP/1.1\r\nHost: h\r\n\r\n");
    all.put("a tab in the request line", "GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n");
    all.put("four words in the request line", "GET / x HTTP/1.1\r\nHost: h\r\n\r\n");
    all.put("a space after the version", "GET / HTTP/1.1 \r\nHost: h\r\n\r\n");
    all.put("a space before the method", " GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    all.put("a control character before the method", "\u0001GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    all.put("a bare CR before the request line", "\rGET / HTTP/1.1\r\nHost: h\r\n\r\n");
    all.put("a bare CR after an empty line", "\r\n\rGET / HTTP/1.1\r\nHost: h\r\n\r\n");
    all.put("a bare LF before the request line", "\nGET / HTTP/1.1\r\nHost: h\r\n\r\n");
    all.put("NUL before the request line", "\u0000GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    all.put("NUL in the method", "GE\u0000T / HTTP/1.1\r\nHost: h\r\n\r\n");
    all.put("a bare CR in the method", "GET\r / HTTP/1.1\r\nHost: h\r\n\r\n");
    all.put("a bare CR after the version", "GET / HTTP/1.1\r\r\nHost: h\r\n\r\n");
    all.put("a bare CR in a name", "GET / HTTP/1.1\r\nHost: h\r\nX\rA: b\r\n\r\n");
    all.put("a bare CR before a name", "GET / HTTP/1.1\r\nHost: h\r\n\rX-A: b\r\n\r\n");
    all.put("a bare CR before a value", "GET / HTTP/1.1\r\nHost: h\r\nX-A:\rb\r\n\r\n");
    all.put("a bare CR after a value", "GET / HTTP/1.1\r\nHost: h\r\nX-A: b\r\r\n\r\n");
    all.put("a bare CR instead of the empty line", "GET / HTTP/1.1\r\nHost: h\r\n\r\r\n\r\n");
    all.put("NUL in a name", "GET / HTTP/1.1\r\nHost: h\r\nX\u0000A: b\r\n\r\n");
    all.put("a method that is no token", "G(T / HTTP/1.1\r\nHost: h\r\n\r\n");
    all.put("no version", "GET /\r\nHost: h\r\n\r\n");
    all.put("a version with more digits", "GET / HTTP/1.10\r\nHost: h\r\n\r\n");
    all.put("a version in lower case", "GET / http/1.1\r\nHost: h\r\n\r\n");
    all.put("a version to come", "GET / HTTP/2.0\r\nHost: h\r\n\r\n");
    all.put("a false preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n");
    all.put("a tunnel", "CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n");
    all.put(
        "a body that only an old draft of WebSocket implies",
        "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Key1: 1\r\nSec-WebSocket-Key2: 2\r\n\r\nGET /sm ");
    all.put(
        "a length that Connection names",
        post + "Connection: Content-Length\r\nContent-Length: 5\r\n\r\nhello");
    return all;
  }

  @TestFactory
  Stream<DynamicTest> anAmbiguousRequestIsRefusedAndTheConnectionClosed() {
    return corpus().entrySet().stream()
        .map(
            request ->
                DynamicTest.dynamicTest(
                    request.getKey(), () -> refused(request.getValue() + SMUGGLED)));
  }

  private static void refused(String bytes) throws IOException {
    try (RawClient client = refusing.connect()) {
      RawClient.Response response = client.send(bytes).receive();

      assertThat(response.status()).isIn(400, 413, 501, 505);
      assertThat(response.header("connection")).isEqualTo("close");
      assertThat(response.body()).isNotBlank();
      assertThat(client.isClosedByPeer()).isTrue();
    }
    assertThat(unreached.heads).as("requests forwarded").isEmpty();
  }

  private static Map<String, String> brokenChunks() {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("a size that is no number", "zz\r\nhello\r\n0\r\n\r\n");
    all.put("a size with a prefix", "0x5\r\nhello\r\n0\r\n\r\n");
    all.put("a negative size", "-5\r\nhello\r\n0\r\n\r\n");
    all.put("an empty size", "\r\nhello\r\n0\r\n\r\n");
    all.put("a size beyond 64 bits", "fffffffffffffffff\r\nhello\r\n0\r\n\r\n");
    all.put("a chunk longer than its size", "3\r\nhello\r\n0\r\n\r\n");
    all.put("a bare LF after the size", "5\nhello\r\n0\r\n\r\n");
    all.put("a bare LF in an extension", "5;a\nb\r\nhello\r\n0\r\n\r\n");
    all.put("a bare LF after a chunk", "5\r\nhello\n0\r\n\r\n");
    String toTrailers = "5\r\nhello\r\n0\r\n";
    all.put("a trailer without a colon", toTrailers + "nonsense\r\n\r\n");
    all.put("a folded trailer", toTrailers + "T: a\r\n b\r\n\r\n");
    all.put("a trailer folded with a tab", toTrailers + "T: a\r\n\tb\r\n\r\n");
    all.put("a folded first trailer", toTrailers + " T: a\r\n\r\n");
    all.put("a folded trailer that is dropped", toTrailers + "Trailer: a\r\n b\r\n\r\n");
    all.put("a bare LF after a trailer", toTrailers + "T: a\nU: b\r\n\r\n");
    all.put("a bare LF instead of the last line", toTrailers + "T: a\r\n\n");
    all.put("a bare LF instead of trailers", toTrailers + "\n");
    all.put("a bare CR in a trailer", toTrailers + "T: a\rb\r\n\r\n");
    all.put("a bare CR after a trailer", toTrailers + "T: a\r\r\n\r\n");
    all.put("a bare CR in a trailer that is dropped", toTrailers + "Trailer: a\rb\r\n\r\n");
    all.put("NUL in a trailer", toTrailers + "T: a\u0000b\r\n\r\n");
    all.put("a space before the colon of a trailer", toTrailers + "T : a\r\n\r\n");
    all.put("a tab before the colon of a trailer", toTrailers + "T\t: a\r\n\r\n");
    all.put("a trailer without a name", toTrailers + ": a\r\n\r\n");
    all.put("a trailer name that is no token", toTrailers + "T(: a\r\n\r\n");
    all.put("a bare CR in a chunk size", "5\r;a\r\nhello\r\n0\r\n\r\n");
    all.put("a bare CR after a chunk size", "5\r\r\nhello\r\n0\r\n\r\n");
    all.put("a bare CR in an extension", "5;a=b\rc\r\nhello\r\n0\r\n\r\n");
    all.put("NUL in an extension", "5;a=b\u0000c\r\nhello\r\n0\r\n\r\n");
    all.put("a long extension", "5;a=" + "b".repeat(5_000) + "\r\nhello\r\n0\r\n\r\n");
    all.put("an extension without end", "5;a=" + "b".repeat(100_000));
    all.put("a chunk size without end", "0".repeat(100_000));
    all.put("a space after a chunk size", "5 \r\nhello\r\n0\r\n\r\n");
    all.put(
        "more extensions than content",
        ("1;a=" + "b".repeat(1_000) + "\r\nh\r\n").repeat(30) + "0\r\n\r\n");
    return all;
  }

  @TestFactory
  Stream<DynamicTest> aBodyWithBrokenChunksNeverBecomesARequestOfItsOwn() {
    return brokenChunks().entrySet().stream()
        .map(
            body ->
                DynamicTest.dynamicTest(
                    body.getKey(),
                    () -> {
                      try (RawClient client = gateway.connect()) {
                        client.send(
                            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                                + body.getValue()
                                + SMUGGLED);
                        assertThat(client.receive().status()).isEqualTo(400);
                        assertThat(client.isClosedByPeer()).isTrue();
                      }
                      assertThat(backend.heads).noneMatch(h -> h.line().contains("smuggled"));
                    }));
  }

  @Test
  void tooManyFieldsAreRefusedWithTheLimit() throws Exception {
    int most = GatewayLimits.DEFAULT.headerFields();
    String head = "GET / HTTP/1.1\r\nHost: h\r\n";
    try (RawClient client = gateway.connect()) {
      client.send(head + "X: y\r\n".repeat(most - 1) + "\r\n");
      assertThat(client.receive().status()).isEqualTo(200);

      client.send(head + "X: y\r\n".repeat(most)); // without its end
      RawClient.Response response = client.receive();
      assertThat(response.status()).isEqualTo(431);
      assertThat(response.body()).contains("more than " + most + " fields");
      assertThat(client.isClosedByPeer()).isTrue();
    }
  }

  @Test
  void tooManyTrailersAreRefusedWithTheLimit() throws Exception {
    GatewayLimits limits = GatewayLimits.DEFAULT;
    String body = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n";
    try (RawClient client = gateway.connect()) {
      client.send(body + "X: y\r\n".repeat(limits.headerFields()) + "\r\n");
      assertThat(client.receive().status()).isEqualTo(200);

      client.send(body + "X: y\r\n".repeat(limits.headerFields() + 1));
      RawClient.Response response = client.receive();
      assertThat(response.status()).isEqualTo(431);
      assertThat(response.body()).contains("more than " + limits.headerFields() + " fields");
      assertThat(client.isClosedByPeer()).isTrue();
    }
    try (RawClient client = gateway.connect()) {
      client.send(body + "X: " + "y".repeat(limits.headerBytes()));
      RawClient.Response response = client.receive();
      assertThat(response.status()).isEqualTo(431);
      assertThat(response.body()).contains("more than " + limits.headerBytes() + " bytes");
    }
  }

  @Test
  void headsBeyondTheirBoundsAreRefused() throws Exception {
    String long16 = "x".repeat(GatewayLimits.DEFAULT.requestLineBytes());
    String long64 = "x".repeat(GatewayLimits.DEFAULT.headerBytes());
    assertThat(status("GET /" + long16 + " HTTP/1.1\r\nHost: h\r\n\r\n")).isEqualTo(414);
    assertThat(status("GET /" + long16 + long16)).isEqualTo(414);
    assertThat(status("GET / HTTP/1.1\r\nHost: h\r\nX: " + long64 + "\r\n\r\n")).isEqualTo(431);
    assertThat(status("GET / HTTP/1.1\r\nHost: h\r\nX: " + long64)).isEqualTo(431);
    assertThat(status("GET / HTTP/1.1\r\nHost: h\r\n" + "X-Many: 1\r\n".repeat(10_000) + "\r\n"))
        .isEqualTo(431);
  }

  private static int status(String bytes) throws IOException {
    try (RawClient client = gateway.connect()) {
      RawClient.Response response = client.send(bytes).receive();
      assertThat(client.isClosedByPeer()).isTrue();
      return response.status();
    }
  }

  @Test
  void anHonestRequestStillPasses() throws Exception {
    try (RawClient client = gateway.connect()) {
      client.send("\r\n\r\nPOST /ok?a=b HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
      assertThat(client.receive().body()).isEqualTo("reached");
      client.send(
          "POST / HTTP/1.1\r\nHost: h\r\ntransfer-encoding: Chunked\r\n\r\n"
              + "5;ext=\"v\"\r\nhello\r\n0\r\n\r\n");
      assertThat(client.receive().body()).isEqualTo("reached");
      client.send(
          "\r\nPOST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
              + "0005 ;a;b = c;signature=0123\r\nhello\r\n000;last\r\nT: \ta b \r\nu:\r\n\r\n");
      assertThat(client.receive().body()).isEqualTo("reached");
      client.send("GET / HTTP/1.1\r\nHost: h\r\nX: a\tb \u00e9\r\n\r\n");
      assertThat(client.receive().body()).isEqualTo("reached");
    }
  }

  @Test
  void aBodyInManyChunksPassesByteByByte() throws Exception {
    try (TestBackend echo =
            new TestBackend(
                call -> {
                  byte[] body = call.body();
                  return call.answer(new String(body, ISO_8859_1) + call.trailers);
                });
        TestGateway before = TestGateway.before(echo);
        RawClient client = before.connect()) {
      String request =
          "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
              + "1\r\na\r\n2;x=y\r\nbc\r\nA\r\n0123456789\r\n0\r\nT: u\r\n\r\n";
      for (int i = 0; i < 2; i++) {
        for (char c : request.toCharArray()) {
          client.send(String.valueOf(c));
        }
        assertThat(client.receive().body()).isEqualTo("abc0123456789[T: u]");
      }
      client.send(request + request);
      assertThat(client.receive().body()).isEqualTo("abc0123456789[T: u]");
      assertThat(client.receive().body()).isEqualTo("abc0123456789[T: u]");
    }
  }

  @Test
  void aWholeCorpusSentByteByByteIsRefusedToo() throws Exception {
    for (String bytes :
        new String[] {"GET / HTTP/1.1\nHost: h\r\n\r\n", "GET  / HTTP/1.1\r\nHost: h\r\n\r\n"}) {
      try (RawClient client = gateway.connect()) {
        for (char c : bytes.toCharArray()) {
          try {
            client.send(String.valueOf(c));
          } catch (IOException e) {
            break; // refused before its end
          }
        }
        assertThat(client.receive().status()).isEqualTo(400);
      }
    }
  }
}
