package io.upstream4j.distribution.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Requests that two readers may understand differently never reach a backend (RFC 9112, 11.2). */
class SmugglingTest {
  private static final String SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";

  private static TestBackend backend;
  private static TestGateway gateway;

  @BeforeAll
  static void start() throws Exception {
    backend = TestBackend.answering("reached");
    gateway = TestGateway.before(backend);
  }

  @AfterAll
  static void stop() throws Exception {
    gateway.close();
    backend.close();
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
    int before = backend.heads.size();
    try (RawClient client = gateway.connect()) {
      RawClient.Response response = client.send(bytes).receive();

      assertThat(response.status()).isIn(400, 413, 501, 505);
      assertThat(response.header("connection")).isEqualTo("close");
      assertThat(response.body()).isNotBlank();
      assertThat(client.isClosedByPeer()).isTrue();
    }
    assertThat(backend.heads.size()).as("requests forwarded").isEqualTo(before);
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
    all.put("a trailer without a colon", "5\r\nhello\r\n0\r\nnonsense\r\n\r\n");
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
  void headsBeyondTheirBoundsAreRefused() throws Exception {
    String long16 = "x".repeat(RequestDecoder.MAX_REQUEST_LINE_BYTES);
    String long64 = "x".repeat(RequestDecoder.MAX_HEAD_BYTES);
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
