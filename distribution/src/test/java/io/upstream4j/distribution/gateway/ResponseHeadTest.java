package io.upstream4j.distribution.gateway;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests how a backend's response head is converted for clients of HTTP/1.1 and HTTP/2. */
@Timeout(120)
class ResponseHeadTest {
  private static final String FINAL = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

  /** The bytes that the backend answers, by path. */
  private static final Map<String, String> ANSWERS = new ConcurrentHashMap<>();

  private static TestBackend backend;
  private static TestGateway gateway;

  @BeforeAll
  static void start() throws Exception {
    backend =
        new TestBackend(
            call -> {
              call.body();
              String answer = ANSWERS.get(call.head.line().split(" ")[1]);
              call.send(answer);
              return !answer.startsWith("HTTP/1.0");
            });
    gateway = TestGateway.before(backend);
  }

  @AfterAll
  static void stop() throws Exception {
    gateway.close();
    backend.close();
  }

  /** Returns a path for an answer, in which a tilde is a line break. */
  private static String path(String answer) {
    String path = "/" + ANSWERS.size();
    ANSWERS.put(path, answer.replace("~", "\r\n"));
    return path;
  }

  private static RawClient.Response get(String path) throws IOException {
    try (RawClient client = gateway.connect()) {
      client.send("GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n");
      RawClient.Response response = client.receive();
      // No data of the response is left on the connection.
      client.send("GET " + path(FINAL) + " HTTP/1.1\r\nHost: h\r\n\r\n");
      assertThat(client.receive().body()).isEqualTo("ok");
      return response;
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "204|HTTP/1.1 204 No Content~Content-Length: 0~~",
        "204|HTTP/1.1 204 No Content~Content-Length: 5~~",
        "204|HTTP/1.1 204 No Content~Content-Length: 5~Content-Length: 5~~",
        "204|HTTP/1.1 204 No Content~Transfer-Encoding: chunked~~",
        "204|HTTP/1.0 204 No Content~Content-Length: 5~~",
        "204|HTTP/1.0 204 No Content~~",
      })
  void aResponseWithoutContentHasNoLength(int status, String answer) throws Exception {
    RawClient.Response response = get(path(answer));
    assertThat(response.status()).isEqualTo(status);
    assertThat(response.headers()).doesNotContainKeys("content-length", "transfer-encoding");
    for (String method : new String[] {"GET", "POST", "OPTIONS", "DELETE"}) {
      Tool.Output output = Tool.curlHttp2(gateway, path(answer), "-X", method);
      assertThat(output.text()).startsWith("HTTP/2 " + status).doesNotContain("content-length");
      assertThat(output.status()).as(output.text()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 205 Reset Content~Content-Length: 0~~",
        "HTTP/1.1 205 Reset Content~Content-Length: 5~~hello",
        "HTTP/1.1 205 Reset Content~Transfer-Encoding: chunked~~5~hello~0~T: u~~",
        "HTTP/1.0 205 Reset Content~~hello",
      })
  void aResetOfContentHasNoBody(String answer) throws Exception {
    RawClient.Response response = get(path(answer));
    assertThat(response.status()).isEqualTo(205);
    assertThat(response.header("content-length")).isEqualTo("0");
    assertThat(response.headers()).doesNotContainKey("transfer-encoding");
    Tool.Output output = Tool.curlHttp2(gateway, path(answer));
    assertThat(output.text()).startsWith("HTTP/2 205").contains("content-length: 0");
    assertThat(output.text()).doesNotContain("hello");
    assertThat(output.status()).as(output.text()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 304 Not Modified~Content-Length: 77~~",
        "HTTP/1.1 304 Not Modified~Content-Length: 0~~",
        "HTTP/1.1 304 Not Modified~Transfer-Encoding: chunked~~",
        "HTTP/1.0 304 Not Modified~~"
      })
  void whatIsNotModifiedMayHaveTheLengthOfWhatIsThere(String answer) throws Exception {
    RawClient.Response response = get(path(answer));
    assertThat(response.status()).isEqualTo(304);
    assertThat(response.headers()).doesNotContainKey("transfer-encoding");
    boolean known = answer.contains("Content-Length");
    assertThat(response.headers().containsKey("content-length")).isEqualTo(known);
    Tool.Output output = Tool.curlHttp2(gateway, path(answer));
    assertThat(output.text()).startsWith("HTTP/2 304");
    assertThat(output.text().contains("content-length")).isEqualTo(known);
    assertThat(output.status()).as(output.text()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK~Content-Length: 77~~",
        "HTTP/1.1 200 OK~Transfer-Encoding: chunked~~",
        "HTTP/1.1 204 No Content~Content-Length: 7~~",
        "HTTP/1.1 304 Not Modified~Content-Length: 7~~",
        "HTTP/1.0 200 OK~Content-Length: 77~~",
        "HTTP/1.0 200 OK~~"
      })
  void anAnswerToHeadEndsWithItsHead(String answer) throws Exception {
    Tool.Output output = Tool.curlHttp2(gateway, path(answer), "-I");
    assertThat(output.text()).startsWith("HTTP/2 " + answer.substring(9, 12));
    assertThat(output.text().contains("content-length"))
        .isEqualTo(answer.contains("Content-Length") && !answer.contains(" 204 "));
    assertThat(output.status()).as(output.text()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 103 Early Hints~Link: </a>~Content-Length: 5~~",
        "HTTP/1.1 103 Early Hints~Link: </a>~Content-Length: 0~~",
        "HTTP/1.1 103 Early Hints~Transfer-Encoding: chunked~~",
        "HTTP/1.1 102 Processing~Content-Length: 5~~HTTP/1.1 103 Early Hints~Content-Length: 5~~",
        "HTTP/1.1 199 Odd~Content-Length: 5~~",
      })
  void anInterimResponseHasNoLength(String interim) throws Exception {
    String path = path(interim + FINAL);
    try (RawClient client = gateway.connect()) {
      client.send("GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n");
      RawClient.Response response = client.receive();
      for (; response.status() < 200; response = client.receive()) {
        assertThat(response.headers()).doesNotContainKeys("content-length", "transfer-encoding");
      }
      assertThat(response.body()).isEqualTo("ok");
    }
    Tool.Output output = Tool.curlHttp2(gateway, path);
    assertThat(output.text()).contains("HTTP/2 200").endsWith("ok");
    assertThat(output.text().split("content-length", -1)).hasSize(2);
    assertThat(output.status()).as(output.text()).isZero();
  }

  @Test
  void aContinueHasNoLength() throws Exception {
    try (TestBackend asking =
            new TestBackend(
                call -> {
                  call.send("HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\n");
                  call.body();
                  return call.answer("ok");
                });
        TestGateway before = TestGateway.before(asking)) {
      Tool.Output output = Tool.curlHttp2(before, "/", "-d", "hello", "-H", "Expect: 100-continue");
      assertThat(output.text()).contains("HTTP/2 200").endsWith("ok");
      assertThat(output.status()).as(output.text()).isZero();
    }
  }

  @Test
  void lengthsOfHttp2BackendsAreTakenOutToo() throws Exception {
    try (Http2Backend http2 =
            new Http2Backend(
                call -> {
                  call.head(0, ":status", "103", "link", "</a>", "content-length", "5");
                  call.head(RawHttp2.END_STREAM, ":status", "204", "content-length", "0");
                });
        TestGateway before = http2.gateway("none");
        RawClient client = before.connect()) {
      for (int i = 0; i < 2; i++) {
        client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        assertThat(client.receive().headers()).doesNotContainKey("content-length");
        RawClient.Response response = client.receive();
        assertThat(response.status()).isEqualTo(204);
        assertThat(response.headers()).doesNotContainKeys("content-length", "transfer-encoding");
      }
      Tool.Output output = Tool.curlHttp2(before, "/");
      assertThat(output.text())
          .contains("HTTP/2 103", "HTTP/2 204")
          .doesNotContain("content-length");
      assertThat(output.status()).as(output.text()).isZero();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "HTTP/1.0, 1.0 upstream4j",
    "HTTP/1.1, 1.1 upstream4j",
    "HTTP/1.2, 1.2 upstream4j",
    "HTTP/1.9, 1.9 upstream4j"
  })
  void theVersionOfTheBackendIsNamed(String version, String via) throws Exception {
    String answer = version + " 200 OK~Content-Length: 2~~ok";
    try (RawClient client = gateway.connect()) {
      client.send("GET " + path(answer) + " HTTP/1.1\r\nHost: h\r\n\r\n");
      RawClient.Response response = client.receive();
      assertThat(response.header("via")).isEqualTo(via);
      assertThat(response.body()).isEqualTo("ok");
    }
    assertThat(Tool.curlHttp2(gateway, path(answer)).text()).contains("via: " + via);
  }

  @Test
  void aBackendOfHttp2IsNamedSo() throws Exception {
    try (Http2Backend http2 =
            new Http2Backend(call -> call.head(RawHttp2.END_STREAM, ":status", "200"));
        TestGateway before = http2.gateway("none");
        RawClient client = before.connect()) {
      client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
      assertThat(client.receive().header("via")).isEqualTo("2 upstream4j");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "Connection: close~", "Connection: Upgrade~", "Connection: X, Upgrade~"})
  void anUpgradeThatIsRequiredIsNamed(String connection) throws Exception {
    String answer =
        "HTTP/1.1 426 Upgrade Required~Upgrade: HTTP/3.0, foo/2~X: y~"
            + connection
            + "Content-Length: 2~~no";
    String path = path(answer);
    for (String version : new String[] {"HTTP/1.1", "HTTP/1.0"}) {
      for (String wish : new String[] {"close", "keep-alive"}) {
        try (RawClient client = gateway.connect()) {
          client.send(
              "GET " + path + " " + version + "\r\nHost: h\r\nConnection: " + wish + "\r\n\r\n");
          RawClient.Response response = client.receive();
          assertThat(response.status()).isEqualTo(426);
          assertThat(response.header("upgrade")).isEqualTo("HTTP/3.0, foo/2");
          assertThat(response.header("connection").toLowerCase(Locale.ROOT)).contains("upgrade");
          assertThat(response.body()).isEqualTo("no");
          if (wish.equals("close")) {
            assertThat(response.header("connection")).contains("close");
            assertThat(client.isClosedByPeer()).isTrue();
          }
        }
      }
    }
    Tool.Output output = Tool.curlHttp2(gateway, path);
    assertThat(output.text()).startsWith("HTTP/2 426").doesNotContain("upgrade:").endsWith("no");
    assertThat(output.status()).as(output.text()).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {200, 400, 401, 403, 404, 501})
  void anUpgradeThatIsOfferedOtherwiseIsForTheGatewayAlone(int status) throws Exception {
    RawClient.Response response =
        get(
            path(
                "HTTP/1.1 "
                    + status
                    + " X~Upgrade: h2c~Connection: Upgrade~Content-Length: 2~~no"));
    assertThat(response.status()).isEqualTo(status);
    assertThat(response.headers()).doesNotContainKeys("upgrade", "connection");
  }

  private static Http2Backend withTrailers(String... announced) throws IOException {
    String[] fields = {":status", "200", "content-length", "5"};
    String[] all = new String[fields.length + announced.length];
    System.arraycopy(fields, 0, all, 0, fields.length);
    System.arraycopy(announced, 0, all, fields.length, announced.length);
    return new Http2Backend(
        call ->
            call.head(0, all).data(0, "hello").head(RawHttp2.END_STREAM, "x-sum", "42", "y", "z"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "TE: trailers\r\nConnection: TE\r\n",
        "TE: trailers\r\n",
        "TE: deflate, Trailers\r\nConnection: TE\r\n",
        "te:trailers\r\nConnection: keep-alive, te\r\n",
      })
  void trailersBehindALengthReachAClientThatTakesThem(String te) throws Exception {
    try (Http2Backend http2 = withTrailers();
        TestGateway before = http2.gateway("none");
        RawClient client = before.connect()) {
      for (int i = 0; i < 2; i++) {
        client.send("GET / HTTP/1.1\r\nHost: h\r\n" + te + "\r\n");
        RawClient.Response response = client.receive();
        assertThat(response.body()).isEqualTo("hello");
        assertThat(response.headers()).doesNotContainKey("content-length");
        assertThat(response.header("trailer:x-sum")).isEqualTo("42");
        assertThat(response.header("trailer:y")).isEqualTo("z");
      }
    }
  }

  @Test
  void othersKeepTheLengthUnlessTrailersAreAnnounced() throws Exception {
    try (Http2Backend http2 = withTrailers();
        TestGateway before = http2.gateway("none");
        RawClient client = before.connect()) {
      RawClient.Response response = client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").receive();
      assertThat(response.header("content-length")).isEqualTo("5");
      assertThat(response.body()).isEqualTo("hello");
      client.send("GET / HTTP/1.0\r\nTE: trailers\r\nConnection: TE\r\n\r\n");
      assertThat(client.receive().body()).isEqualTo("hello");
      String text = Tool.run("nghttp", "-v", "http://127.0.0.1:" + before.address.getPort()).text();
      assertThat(text).contains("content-length: 5", "x-sum: 42");
    }
    try (Http2Backend http2 = withTrailers("trailer", "x-sum");
        TestGateway before = http2.gateway("none");
        RawClient client = before.connect()) {
      RawClient.Response response = client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").receive();
      assertThat(response.header("trailer:x-sum")).isEqualTo("42");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"20 Odd", "2", "099", "000 Odd", "1000 Odd", "2000", "abc", "-20", ""})
  void aStatusThatIsNoneIsABadGateway(String status) throws Exception {
    String answer = "HTTP/1.1 " + status + "~Content-Length: 2~~xx";
    RawClient.Response response = get(path(answer));
    assertThat(response.status()).isEqualTo(502);
    assertThat(response.body()).isEqualTo("the backend's response is not valid HTTP\n");
    assertThat(Tool.curlHttp2(gateway, path(answer)).text()).startsWith("HTTP/2 502");
    unhealthy("HTTP/1.1 " + status + "\r\nContent-Length: 2\r\n\r\nxx");
  }

  private static void unhealthy(String answer) throws Exception {
    try (TestBackend odd =
            new TestBackend(
                call -> {
                  call.send(answer);
                  return true;
                });
        TestGateway checking =
            TestGateway.of(
                "upstreams:\n  api:\n    addrs: [\""
                    + odd.address()
                    + "\"]\n    health_check: { http: { path: / }, failure: 1 }\n")) {
      assertThat(isHealthy(checking)).isFalse();
    }
  }

  private static boolean isHealthy(TestGateway checking) {
    return checking.upstreams.get("api").stats().backends().get(0).healthy();
  }

  @ParameterizedTest
  @ValueSource(strings = {"20", "2", "099", "000", "1000", "2000", "abc", "-20"})
  void aStatusOfHttp2ThatIsNoneIsABadGateway(String status) throws Exception {
    try (Http2Backend http2 =
        new Http2Backend(call -> call.head(0, ":status", status).data(RawHttp2.END_STREAM, "xx"))) {
      try (TestGateway before = http2.gateway("none");
          RawClient client = before.connect()) {
        client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        assertThat(client.receive().status()).isEqualTo(502);
        assertThat(Tool.curlHttp2(before, "/").text()).startsWith("HTTP/2 502");
      }
      for (String check : new String[] {"http: { path: / }", "grpc: {}"}) {
        try (TestGateway before = http2.gateway("{ " + check + ", failure: 1 }")) {
          assertThat(isHealthy(before)).isFalse();
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\nX: y\nContent-Length: 5\n\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5 \r\nhello\r\n0 \r\n\r\n",
        "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n5\nhello\n0\nT: u\n\n",
      })
  void whatAllReadersUnderstandAlikeIsWrittenAnew(String answer) throws Exception {
    String path = "/" + ANSWERS.size();
    ANSWERS.put(path, answer);
    try (RawClient client = gateway.connect()) {
      client.send("GET " + path + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
      String text = new String(client.in.readAllBytes(), ISO_8859_1);
      assertThat(text).doesNotContainPattern("[^\r]\n").contains("hello");
      assertThat(text).doesNotContainPattern("[0-9] \r\n");
      assertThat(Pattern.compile("(?i)content-length").matcher(text).results().count())
          .isEqualTo(answer.contains("Content-Length") ? 1 : 0);
    }
    assertThat(get(path).body()).isEqualTo("hello");
    Tool.Output output = Tool.curlHttp2(gateway, path);
    assertThat(output.text()).startsWith("HTTP/2 200").contains("hello");
    assertThat(output.status()).as(output.text()).isZero();
    try (TestBackend lenient =
            new TestBackend(
                call -> {
                  call.send(answer);
                  return true;
                });
        TestGateway checking =
            TestGateway.of(
                "upstreams:\n  api:\n    addrs: [\""
                    + lenient.address()
                    + "\"]\n    health_check: { http: { path: /, body: hello } }\n")) {
      assertThat(isHealthy(checking)).isTrue();
    }
  }
}
