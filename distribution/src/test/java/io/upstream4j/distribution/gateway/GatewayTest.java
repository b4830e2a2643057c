package io.upstream4j.distribution.gateway;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.core.Upstreams;
import java.io.IOException;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class GatewayTest {
  private static final String GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

  private static final String HEAD = "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n";

  private static String get(String path) {
    return "GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n";
  }

  @Test
  void aRequestReachesItsBackendAndTheResponseItsClient() throws Exception {
    try (TestBackend backend =
            new TestBackend(
                call -> {
                  assertThat(call.body()).isEqualTo("hello".getBytes(ISO_8859_1));
                  call.send(
                      "HTTP/1.1 201 Made\r\nServer: s\r\nContent-Length: 5\r\n"
                          + "Keep-Alive: timeout=9\r\nConnection: X-Hop\r\nX-Hop: 1\r\n\r\nworld");
                  return true;
                });
        TestGateway gateway = TestGateway.before(backend);
        RawClient client = gateway.connect()) {
      client.send(
          "PUT /a/b?c=%20d HTTP/1.1\r\nHost: Shop.test:99\r\nX-Own: 1\r\n"
              + "Content-Length: 5\r\nConnection: keep-alive\r\n\r\nhello");
      RawClient.Response response = client.receive();

      assertThat(response.status()).isEqualTo(201);
      assertThat(response.body()).isEqualTo("world");
      assertThat(response.headers())
          .containsOnlyKeys("server", "content-length", "via")
          .containsEntry("via", "1.1 upstream4j");
      TestBackend.Head head = backend.nextHead();
      assertThat(head.line()).isEqualTo("PUT /a/b?c=%20d HTTP/1.1");
      assertThat(head.headers())
          .containsExactlyInAnyOrder(
              "Host: Shop.test:99",
              "X-Own: 1",
              "Content-Length: 5",
              "x-forwarded-for: 127.0.0.1",
              "x-forwarded-proto: http",
              "x-forwarded-host: Shop.test:99",
              "via: 1.1 upstream4j");
    }
  }

  @Test
  void requestsInTurnShareOneConnectionOnEachSide() throws Exception {
    try (TestBackend backend = TestBackend.answering("ok");
        TestGateway gateway = TestGateway.before(backend);
        RawClient client = gateway.connect()) {
      for (int i = 0; i < 100; i++) {
        assertThat(client.send(get("/" + i)).receive().body()).isEqualTo("ok");
      }
      assertThat(backend.connections).hasValue(1);
      assertThat(gateway.gateway.stats().accepted()).isEqualTo(1);
    }
  }

  @Test
  void pipelinedRequestsAreAnsweredInTheirOrder() throws Exception {
    try (TestBackend backend =
            new TestBackend(call -> call.answer(call.head.line().split(" ")[1]));
        TestGateway gateway = TestGateway.before(backend);
        RawClient client = gateway.connect()) {
      StringBuilder ahead = new StringBuilder();
      for (int i = 0; i < 500; i++) {
        ahead.append(
            i % 7 == 3
                ? "POST /" + i + " HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
                : get("/" + i));
      }
      client.send(ahead.toString());
      for (int i = 0; i < 500; i++) {
        assertThat(client.receive().body()).isEqualTo("/" + i);
      }
    }
  }

  @Test
  void pipelinedRequestsThatTheGatewayAnswersItselfKeepTheirOrderToo() throws Exception {
    try (TestBackend backend = TestBackend.answering("backend");
        TestGateway gateway =
            TestGateway.of(
                TestGateway.yaml("", backend) + "routes:\n  - { path: /api, upstream: api }\n");
        RawClient client = gateway.connect()) {
      client.send((get("/none") + get("/api")).repeat(200) + "GET / HTTP/1.1\r\n\r\n");
      for (int i = 0; i < 200; i++) {
        RawClient.Response none = client.receive();
        assertThat(none.status()).isEqualTo(404);
        assertThat(none.body()).isEqualTo("no route for this host and path\n");
        assertThat(client.receive().body()).isEqualTo("backend");
      }
      assertThat(client.receive().status()).isEqualTo(400);
      assertThat(client.isClosedByPeer()).isTrue();
    }
  }

  @Test
  void requestsGoWhereTheirRoutesSay() throws Exception {
    try (TestBackend a = TestBackend.answering("a");
        TestBackend b = TestBackend.answering("b");
        TestGateway gateway =
            TestGateway.of(
                "upstreams:\n"
                    + "  a: { addrs: [\""
                    + a.address()
                    + "\"], health_check: none }\n"
                    + "  b: { addrs: [\""
                    + b.address()
                    + "\"], health_check: none }\n"
                    + "routes:\n"
                    + "  - { host: b.test, path: /, upstream: b }\n"
                    + "  - { path: /b, upstream: b }\n"
                    + "  - { path: /, upstream: a }\n");
        RawClient client = gateway.connect()) {
      assertThat(client.send(get("/")).receive().body()).isEqualTo("a");
      assertThat(client.send(get("/b/x?y")).receive().body()).isEqualTo("b");
      assertThat(client.send(get("/bx")).receive().body()).isEqualTo("a");
      assertThat(client.send("GET / HTTP/1.1\r\nHost: B.test:80\r\n\r\n").receive().body())
          .isEqualTo("b");
      assertThat(client.send("GET http://b.test/ HTTP/1.1\r\nHost: x\r\n\r\n").receive().body())
          .isEqualTo("b");
      assertThat(b.heads.stream().reduce((first, last) -> last).orElseThrow().header("host"))
          .isEqualTo("b.test");
    }
  }

  @Test
  void chunksAndTrailersPassBothWays() throws Exception {
    try (TestBackend backend =
            new TestBackend(
                call -> {
                  String body = new String(call.body(), ISO_8859_1);
                  call.send(
                      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
                          + "3\r\nabc\r\n"
                          + Integer.toHexString(body.length())
                          + "\r\n"
                          + body
                          + "\r\n0\r\nX-Sum: 6\r\n\r\n");
                  return true;
                });
        TestGateway gateway = TestGateway.before(backend);
        RawClient client = gateway.connect()) {
      for (int i = 0; i < 3; i++) {
        client.send(
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "2\r\nde\r\n1\r\nf\r\n0\r\nX-T: 1\r\n\r\n");
        RawClient.Response response = client.receive();
        assertThat(response.body()).isEqualTo("abcdef");
        assertThat(response.header("trailer:X-Sum")).isEqualTo("6");
      }
      assertThat(backend.connections).hasValue(1);
    }
  }

  @Test
  void whatOnlyAHeadMaySayIsNoTrailer() throws Exception {
    try (TestBackend backend =
            new TestBackend(
                call -> {
                  call.body();
                  call.send(
                      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                          + "3\r\nabc\r\n0\r\nSet-Cookie: a=b\r\nX-Got: "
                          + call.trailers
                          + "\r\n\r\n");
                  return true;
                });
        TestGateway gateway = TestGateway.before(backend);
        RawClient client = gateway.connect()) {
      RawClient.Response response =
          client
              .send(
                  "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"
                      + "Host: other\r\nauthorization: me\r\nX-Forwarded-For: 1.2.3.4\r\n"
                      + "Connection: x\r\nX-T: 1\r\n\r\n")
              .receive();
      assertThat(response.body()).isEqualTo("abc");
      assertThat(response.header("trailer:X-Got")).isEqualTo("[X-T: 1]");
      assertThat(response.header("trailer:Set-Cookie")).isNull();
    }
  }

  @Test
  void responsesWithoutABodyEndWithTheirHead() throws Exception {
    try (TestBackend backend =
            new TestBackend(
                call -> {
                  switch (call.head.line().split(" ")[1]) {
                    case "/head" -> call.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
                    case "/chunked-head" ->
                        call.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
                    case "/204" -> call.send("HTTP/1.1 204 No Content\r\n\r\n");
                    default -> call.send("HTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\n\r\n");
                  }
                  return true;
                });
        TestGateway gateway = TestGateway.before(backend);
        RawClient client = gateway.connect()) {
      RawClient.Response head = client.send("HEAD /head HTTP/1.1\r\nHost: h\r\n\r\n").receiveHead();
      assertThat(head.header("content-length")).isEqualTo("1000");
      assertThat(
              client.send("HEAD /chunked-head HTTP/1.1\r\nHost: h\r\n\r\n").receiveHead().status())
          .isEqualTo(200);
      assertThat(client.send(get("/204")).receive().headers()).containsOnlyKeys("via");
      assertThat(client.send(get("/304")).receive().header("content-length")).isEqualTo("77");
      assertThat(backend.connections).hasValue(1);
    }
  }

  @Test
  void aResponseThatEndsWithItsConnectionIsChunkedForTheClient() throws Exception {
    try (TestBackend backend =
            new TestBackend(
                call -> {
                  call.send("HTTP/1.0 200 OK\r\n\r\nwhole");
                  return false;
                });
        TestGateway gateway = TestGateway.before(backend);
        RawClient client = gateway.connect()) {
      for (int i = 0; i < 2; i++) {
        RawClient.Response response = client.send(GET).receive();
        assertThat(response.header("transfer-encoding")).isEqualTo("chunked");
        assertThat(response.header("via")).isEqualTo("1.0 upstream4j");
        assertThat(response.body()).isEqualTo("whole");
      }
    }
  }

  @Test
  void anOldClientGetsNoChunksAndItsConnectionClosed() throws Exception {
    try (TestBackend backend =
            new TestBackend(
                call -> {
                  call.send(
                      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                          + "5\r\nwhole\r\n0\r\n\r\n");
                  return true;
                });
        TestGateway gateway = TestGateway.before(backend);
        RawClient client = gateway.connect()) {
      RawClient.Response response =
          client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").receive();
      assertThat(response.headers()).doesNotContainKey("transfer-encoding");
      assertThat(response.header("connection")).isEqualTo("close");
      assertThat(response.body()).isEqualTo("whole");
      TestBackend.Head head = backend.nextHead();
      assertThat(head.line()).isEqualTo("GET / HTTP/1.1");
      assertThat(head.header("host")).isEqualTo(backend.address());
    }
  }

  @Test
  void anOldClientKeepsItsConnectionWhenItAsksAndLengthsAreKnown() throws Exception {
    try (TestBackend backend = TestBackend.answering("ok");
        TestGateway gateway = TestGateway.before(backend);
        RawClient client = gateway.connect()) {
      String request = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
      assertThat(client.send(request).receive().header("connection")).isEqualTo("keep-alive");
      assertThat(client.send(request).receive().body()).isEqualTo("ok");
      assertThat(client.send("GET / HTTP/1.0\r\n\r\n").receive().header("connection"))
          .isEqualTo("close");
      assertThat(client.isClosedByPeer()).isTrue();
    }
  }

  @Test
  void theConnectionIsClosedWhenTheClientWantsThat() throws Exception {
    try (TestBackend backend = TestBackend.answering("ok");
        TestGateway gateway = TestGateway.before(backend);
        RawClient client = gateway.connect()) {
      client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n" + GET);
      assertThat(client.receive().header("connection")).isEqualTo("close");
      assertThat(client.isClosedByPeer()).isTrue();
      assertThat(backend.heads).hasSize(1);
    }
  }

  @Test
  void aClientThatWaitsForContinueGetsItFromTheBackend() throws Exception {
    try (TestBackend backend =
            new TestBackend(
                call -> {
                  assertThat(call.head.header("expect")).isEqualTo("100-continue");
                  call.send("HTTP/1.1 100 Continue\r\n\r\n");
                  return call.answer(new String(call.body(), ISO_8859_1));
                });
        TestGateway gateway = TestGateway.before(backend);
        RawClient client = gateway.connect()) {
      for (int i = 0; i < 2; i++) {
        client.send(
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
        assertThat(client.receive().status()).isEqualTo(100);
        client.send("body");
        assertThat(client.receive().body()).isEqualTo("body");
      }
    }
  }

  @Test
  void anEarlyRefusalReachesAClientThatWaitsForContinue() throws Exception {
    try (TestBackend backend =
            new TestBackend(
                call -> {
                  call.send("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
                  return false;
                });
        TestGateway gateway = TestGateway.before(backend);
        RawClient client = gateway.connect()) {
      client.send(
          "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
      RawClient.Response response = client.receive();
      assertThat(response.status()).isEqualTo(413);
      assertThat(response.header("connection")).isEqualTo("close");
      assertThat(client.isClosedByPeer()).isTrue();
    }
  }

  @Test
  void anEarlyResponseReachesAClientThatStillSends() throws Exception {
    try (TestBackend backend =
            new TestBackend(
                call -> {
                  call.send("HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno");
                  return false;
                });
        TestGateway gateway = TestGateway.before(backend);
        RawClient client = gateway.connect()) {
      client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\n\r\nbegin");
      assertThat(client.receive().body()).isEqualTo("no");
      client.send("x".repeat(1_000_000)); // does not reset the connection
      assertThat(client.isClosedByPeer()).isTrue();
      TestGateway.await("nothing in flight", () -> gateway.inFlight() == 0);
    }
  }

  @Test
  void interimResponsesPass() throws Exception {
    try (TestBackend backend =
            new TestBackend(
                call -> {
                  call.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
                  return call.answer("late");
                });
        TestGateway gateway = TestGateway.before(backend);
        RawClient client = gateway.connect()) {
      client.send(GET);
      RawClient.Response hints = client.receive();
      assertThat(hints.status()).isEqualTo(103);
      assertThat(hints.header("link")).isEqualTo("</a>");
      assertThat(client.receive().body()).isEqualTo("late");
      assertThat(client.send("GET / HTTP/1.0\r\n\r\n").receive().body()).isEqualTo("late");
    }
  }

  // Failures.

  @Test
  void withoutABackendThereIs503AndTheConnectionStays() throws Exception {
    TestBackend gone = TestBackend.answering("never");
    gone.close();
    try (TestGateway gateway =
            TestGateway.of(
                "upstreams:\n  api:\n    addrs: [\""
                    + gone.address()
                    + "\"]\n    health_check: { tcp: {}, failure: 1 }\n");
        RawClient client = gateway.connect()) {
      for (int i = 0; i < 3; i++) {
        RawClient.Response response = client.send(GET).receive();
        assertThat(response.status()).isEqualTo(503);
        assertThat(response.body()).isEqualTo("no backend is available\n");
      }
      assertThat(gateway.gateway.stats().responses5xx()).isEqualTo(3);
      assertThat(gateway.gateway.stats().errors()).isEqualTo(3);
    }
  }

  @Test
  void aBackendThatRefusesGives502WithoutItsAddress() throws Exception {
    TestBackend gone = TestBackend.answering("never");
    gone.close();
    try (TestGateway gateway = TestGateway.before(gone);
        RawClient client = gateway.connect()) {
      RawClient.Response response = client.send(GET).receive();
      assertThat(response.status()).isEqualTo(502);
      assertThat(response.body()).isEqualTo("the backend could not be reached\n");
      RawClient.Response head = client.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n").receiveHead();
      assertThat(head.status()).isEqualTo(502);
      assertThat(client.send(GET).receive().status()).isEqualTo(502);
    }
  }

  @Test
  void aRequestIsTriedAtAnotherBackendWhenOneRefuses() throws Exception {
    TestBackend gone = TestBackend.answering("never");
    gone.close();
    try (TestBackend backend = TestBackend.answering("ok");
        TestGateway gateway = TestGateway.before(gone, backend);
        RawClient client = gateway.connect()) {
      for (int i = 0; i < 4; i++) {
        // Nothing was sent to the first one, so a POST may be retried, too.
        client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi");
        assertThat(client.receive().body()).isEqualTo("ok");
      }
      assertThat(gateway.gateway.stats().retries()).isGreaterThanOrEqualTo(2);
      assertThat(backend.nextHead().header("content-length")).isEqualTo("2");
    }
  }

  @Test
  void anIdempotentRequestIsTriedAgainWithItsBody() throws Exception {
    try (TestBackend bad =
            new TestBackend(
                call -> {
                  call.body();
                  return false;
                });
        TestBackend good =
            new TestBackend(call -> call.answer(new String(call.body(), ISO_8859_1)));
        TestGateway gateway = TestGateway.before(bad, good);
        RawClient client = gateway.connect()) {
      for (int i = 0; i < 4; i++) {
        client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody");
        assertThat(client.receive().body()).isEqualTo("body");
      }
      assertThat(bad.heads).isNotEmpty();
    }
  }

  @Test
  void whatMayHaveHadAnEffectIsNotRepeated() throws Exception {
    TestBackend.Service leaving =
        call -> {
          call.body();
          return false;
        };
    try (TestBackend one = new TestBackend(leaving);
        TestBackend two = new TestBackend(leaving);
        TestGateway gateway = TestGateway.before(one, two);
        RawClient client = gateway.connect()) {
      client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody");
      RawClient.Response response = client.receive();
      assertThat(response.status()).isEqualTo(502);
      assertThat(response.body()).isEqualTo("the backend closed the connection\n");
      assertThat(one.heads.size() + two.heads.size()).isEqualTo(1);
    }
  }

  @Test
  void aConnectionThatTheBackendHadClosedCostsNoRequest() throws Exception {
    AtomicInteger served = new AtomicInteger();
    try (TestBackend backend =
            new TestBackend(
                call -> {
                  call.body();
                  return call.answer("ok") && served.incrementAndGet() % 2 == 1;
                });
        TestGateway gateway = TestGateway.before(backend);
        RawClient client = gateway.connect()) {
      for (int i = 0; i < 50; i++) {
        assertThat(client.send(GET).receive().body()).isEqualTo("ok");
      }
    }
  }

  @Test
  void aSlowBackendGives504() throws Exception {
    CountDownLatch done = new CountDownLatch(1);
    try (TestBackend backend =
            new TestBackend(
                call -> {
                  done.await();
                  return false;
                });
        TestGateway gateway = TestGateway.with("read_timeout: 300ms", backend);
        RawClient client = gateway.connect()) {
      client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi");
      RawClient.Response response = client.receive();
      assertThat(response.status()).isEqualTo(504);
      assertThat(response.body()).contains("no response from the backend in time");
      done.countDown();
    }
  }

  @Test
  void aMalformedResponseGives502() throws Exception {
    try (TestBackend backend =
            new TestBackend(
                call -> {
                  call.body();
                  call.send(
                      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
                          + "0\r\n\r\n");
                  return true;
                });
        TestGateway gateway = TestGateway.before(backend);
        RawClient client = gateway.connect()) {
      client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi");
      assertThat(client.receive().status()).isEqualTo(502);
    }
  }

  @Test
  void aStatusThatIsNoneGives502AtOnce() throws Exception {
    for (String status : List.of("20 Odd", "099 Odd", "1000 Odd", "20a")) {
      try (TestBackend backend = statusing(status);
          TestGateway gateway = TestGateway.before(backend);
          RawClient client = gateway.connect()) {
        assertThat(client.send(GET).receive().status()).isEqualTo(502);
        assertThat(client.send(HEAD).receiveHead().status()).isEqualTo(502);
        assertThat(client.send(GET).receive().status()).isEqualTo(502);
        assertThat(gateway.inFlight()).isZero();
      }
    }
  }

  @Test
  void aStatusAbove599IsPassedOnAndCountsAsAFailureOfTheServer() throws Exception {
    try (TestBackend backend = statusing("700 Odd");
        TestBackend other = statusing("700 Odd");
        TestGateway gateway =
            TestGateway.with("circuit_break_max_consecutive_failures: 2", backend, other);
        RawClient client = gateway.connect()) {
      for (int i = 0; i < 4; i++) {
        RawClient.Response response = client.send(GET).receive();
        assertThat(response.status()).isEqualTo(700);
        assertThat(response.body()).isEqualTo("xx");
      }
      assertThat(gateway.gateway.stats().responses5xx()).isEqualTo(4);
      TestGateway.await(
          "one ejected",
          () ->
              gateway.upstreams.get("api").stats().backends().stream()
                  .anyMatch(stats -> !stats.circuitClosed()));
    }
  }

  @Test
  void aReasonThatIsNotAsciiIsReplaced() throws Exception {
    for (String[] each :
        new String[][] {
          {"200 Gr\u00fcn", "200 OK"}, {"299 Gr\u00fcn", "299 Success"}, {"200 Odd", "200 Odd"}
        }) {
      try (TestBackend backend = statusing(each[0]);
          TestGateway gateway = TestGateway.before(backend);
          RawClient client = gateway.connect()) {
        client.send(GET);
        assertThat(TestBackend.line(client.in)).startsWith("HTTP/1.1 " + each[1]);
      }
    }
  }

  private static TestBackend statusing(String status) throws IOException {
    return new TestBackend(
        call -> {
          call.send("HTTP/1.1 " + status + "\r\nContent-Length: 2\r\n\r\n");
          if (!call.head.line().startsWith("HEAD")) {
            call.send("xx");
          }
          return true;
        });
  }

  @Test
  void aResponseThatBreaksOffIsCutOffForTheClientToo() throws Exception {
    for (String head : List.of("Content-Length: 100\r\n", "Transfer-Encoding: chunked\r\n", "")) {
      try (TestBackend backend =
              new TestBackend(
                  call -> {
                    if (head.isEmpty()) {
                      call.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
                    } else {
                      call.send("HTTP/1.1 200 OK\r\n" + head + "\r\n");
                    }
                    call.send(head.startsWith("T") ? "64\r\nbegin" : "begin");
                    return false;
                  });
          TestGateway gateway = TestGateway.before(backend);
          RawClient client = gateway.connect()) {
        client.send(GET);
        boolean cut = false;
        try {
          client.receive();
        } catch (IOException | NumberFormatException e) {
          cut = true;
        }
        assertThat(cut).as("noticed with " + head).isTrue();
        TestGateway.await("counted", () -> gateway.gateway.stats().broken() == 1);
      }
    }
  }

  @Test
  void aClientThatLeavesFreesItsBackend() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    try (TestBackend backend =
            new TestBackend(
                call -> {
                  begun.countDown();
                  call.in.read(); // until the gateway closes
                  return false;
                });
        TestGateway gateway = TestGateway.before(backend)) {
      try (RawClient client = gateway.connect()) {
        client.send(GET);
        assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(gateway.inFlight()).isEqualTo(1);
      }
      TestGateway.await("nothing in flight", () -> gateway.inFlight() == 0);
      assertThat(backend.closed.poll(10, TimeUnit.SECONDS)).isEqualTo("served");
      TestGateway.await("it is counted", () -> gateway.gateway.stats().aborted() == 1);
      TestGateway.await("nothing is active", () -> gateway.gateway.stats().active() == 0);
    }
  }

  // Streaming.

  @Test
  void aClientThatReadsSlowlySlowsTheBackendAndNotTheMemory() throws Exception {
    long size = 256L << 20;
    AtomicLong sent = new AtomicLong();
    try (TestBackend backend =
            new TestBackend(
                call -> {
                  call.send("HTTP/1.1 200 OK\r\nContent-Length: " + size + "\r\n\r\n");
                  pour(call.out, size, sent);
                  return true;
                });
        TestGateway gateway = TestGateway.before(backend);
        RawClient client = gateway.connect()) {
      client.send(GET);
      awaitStall(sent);
      long stalledAt = sent.get();
      assertThat(stalledAt).isLessThan(32L << 20); // buffers of the sockets
      TestBackend.line(client.in);
      assertThat(drain(client, size)).isEqualTo(size);
    }
  }

  @Test
  void aBackendThatReadsSlowlySlowsTheClientAndNotTheMemory() throws Exception {
    long size = 256L << 20;
    AtomicLong sent = new AtomicLong();
    CountDownLatch go = new CountDownLatch(1);
    try (TestBackend backend =
            new TestBackend(
                call -> {
                  go.await();
                  long left = size;
                  byte[] buffer = new byte[1 << 16];
                  while (left > 0) {
                    int n = call.in.read(buffer, 0, (int) Math.min(left, buffer.length));
                    if (n < 0) {
                      throw new IOException("cut off with " + left + " bytes to come");
                    }
                    left -= n;
                  }
                  return call.answer("all");
                });
        TestGateway gateway = TestGateway.before(backend);
        RawClient client = gateway.connect()) {
      client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + size + "\r\n\r\n");
      CompletableFuture<Void> upload =
          CompletableFuture.runAsync(
              () -> {
                try {
                  pour(client.socket.getOutputStream(), size, sent);
                } catch (IOException e) {
                  throw new java.io.UncheckedIOException(e);
                }
              });
      awaitStall(sent);
      assertThat(sent.get()).isLessThan(32L << 20);
      go.countDown();
      assertThat(client.receive().body()).isEqualTo("all");
      upload.get(10, TimeUnit.SECONDS);
    }
  }

  private static void pour(OutputStream out, long size, AtomicLong sent) throws IOException {
    byte[] buffer = new byte[1 << 16];
    for (long left = size; left > 0; left -= buffer.length) {
      out.write(buffer);
      sent.addAndGet(buffer.length);
    }
    out.flush();
  }

  /** Waits until a sender has made no progress for a while. */
  private static void awaitStall(AtomicLong sent) throws InterruptedException {
    long[] seen = {-1, 0};
    TestGateway.await(
        "the sender stalls",
        () -> {
          long now = sent.get();
          if (now != seen[0] || now == 0) {
            seen[0] = now;
            seen[1] = System.nanoTime();
          }
          return System.nanoTime() - seen[1] > 500_000_000L;
        });
  }

  private static long drain(RawClient client, long size) throws IOException {
    while (!TestBackend.line(client.in).isEmpty()) {
      continue;
    }
    byte[] buffer = new byte[1 << 16];
    long total = 0;
    while (total < size) {
      int n = client.in.read(buffer, 0, (int) Math.min(buffer.length, size - total));
      if (n < 0) {
        break;
      }
      total += n;
    }
    return total;
  }

  // Life cycle.

  @Test
  void drainingAnswersWhatIsUnderWayAndClosesWhatIsIdle() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    try (TestBackend backend =
            new TestBackend(
                call -> {
                  begun.countDown();
                  go.await();
                  return call.answer("finished");
                });
        TestGateway gateway = TestGateway.before(backend);
        RawClient busy = gateway.connect();
        RawClient idle = gateway.connect()) {
      busy.send(GET);
      assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
      TestGateway.await("both accepted", () -> gateway.gateway.stats().connections() == 2);
      CompletableFuture<Boolean> drained =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return gateway.gateway.drain(Duration.ofSeconds(20));
                } catch (InterruptedException e) {
                  throw new IllegalStateException(e);
                }
              });
      assertThat(idle.isClosedByPeer()).isTrue();
      assertThat(gateway.gateway.isDraining()).isTrue();
      assertThat(drained).isNotDone();
      go.countDown();
      RawClient.Response response = busy.receive();
      assertThat(response.body()).isEqualTo("finished");
      assertThat(response.header("connection")).isEqualTo("close");
      assertThat(busy.isClosedByPeer()).isTrue();
      assertThat(drained.get(10, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void drainingGivesUpAfterItsLimit() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    try (TestBackend backend =
            new TestBackend(
                call -> {
                  begun.countDown();
                  call.in.read();
                  return false;
                });
        TestGateway gateway = TestGateway.before(backend);
        RawClient client = gateway.connect()) {
      client.send(GET);
      assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(gateway.gateway.drain(Duration.ofMillis(50))).isFalse();
      gateway.gateway.close();
      assertThat(client.isClosedByPeer()).isTrue();
      TestGateway.await("nothing in flight", () -> gateway.inFlight() == 0);
      TestGateway.await("no connection is left", () -> gateway.gateway.stats().connections() == 0);
    }
  }

  @Test
  void aReloadChangesTheRoutesOfOpenConnections(@TempDir Path folder) throws Exception {
    try (TestBackend a = TestBackend.answering("a");
        TestBackend b = TestBackend.answering("b")) {
      Path file = folder.resolve("upstreams.yaml");
      String both =
          "upstreams:\n  a: { addrs: [\""
              + a.address()
              + "\"], health_check: none }\n"
              + "  b: { addrs: [\""
              + b.address()
              + "\"], health_check: none }\n"
              + "routes:\n  - { path: /, upstream: %s }\n";
      Files.writeString(file, both.formatted("a"));
      try (Upstreams upstreams = Upstreams.builder().threads(1).load(file);
          Gateway gateway = new Gateway(upstreams)) {
        assertThat(upstreams.awaitReady(TestGateway.PATIENCE)).isTrue();
        try (RawClient client = new RawClient(gateway.start("127.0.0.1", 0))) {
          assertThat(client.send(GET).receive().body()).isEqualTo("a");
          Files.writeString(file, both.formatted("b"));
          upstreams.reload();
          assertThat(client.send(GET).receive().body()).isEqualTo("b");
        }
      }
    }
  }

  /** The upstream to which a request was routed may be removed before the pick. */
  @Test
  void noRequestIsLostWhenReloadsRenameTheUpstreamThatARouteLeadsTo(@TempDir Path folder)
      throws Exception {
    try (TestBackend backend = TestBackend.answering("ok")) {
      Path file = folder.resolve("upstreams.yaml");
      String one =
          "upstreams:\n  %s: { addrs: [\""
              + backend.address()
              + "\"], health_check: { tcp: {}, initial: unhealthy } }\n"
              + "routes:\n  - { path: /, upstream: %<s }\n";
      Files.writeString(file, one.formatted("name0"));
      try (Upstreams upstreams = Upstreams.builder().threads(2).load(file);
          Gateway gateway = new Gateway(upstreams)) {
        assertThat(upstreams.awaitReady(TestGateway.PATIENCE)).isTrue();
        InetSocketAddress address = gateway.start("127.0.0.1", 0);
        AtomicBoolean done = new AtomicBoolean();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
          List<Future<Integer>> clients = new ArrayList<>();
          for (int i = 0; i < 4; i++) {
            clients.add(threads.submit(() -> okUntil(done, address)));
          }
          for (int i = 1; i <= 200; i++) {
            Files.writeString(file, one.formatted("name" + i));
            upstreams.reload();
          }
          done.set(true);
          for (Future<Integer> client : clients) {
            assertThat(client.get(30, TimeUnit.SECONDS)).isPositive();
          }
        } finally {
          done.set(true);
          threads.shutdown();
        }
      }
    }
  }

  private static int okUntil(AtomicBoolean done, InetSocketAddress address) throws IOException {
    int count = 0;
    try (RawClient client = new RawClient(address)) {
      while (!done.get()) {
        assertThat(client.send(GET).receive().body()).isEqualTo("ok");
        count++;
      }
    }
    return count;
  }

  @Test
  void anAddressInUseIsNamed() throws Exception {
    try (ServerSocket taken = new ServerSocket(0);
        TestBackend backend = TestBackend.answering("ok");
        TestGateway gateway = TestGateway.before(backend)) {
      org.assertj.core.api.Assertions.assertThatThrownBy(
              () -> gateway.gateway.start("127.0.0.1", taken.getLocalPort()))
          .isInstanceOf(java.io.UncheckedIOException.class)
          .hasMessageStartingWith("cannot listen on 127.0.0.1:" + taken.getLocalPort() + ": ");
    }
  }

  @Test
  void manyClientsOfTheJdkAreServed() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(32);
    try (TestBackend one = TestBackend.answering("one");
        TestBackend two = TestBackend.answering("two");
        TestGateway gateway = TestGateway.before(one, two)) {
      URL url = new URL("http://127.0.0.1:" + gateway.address.getPort() + "/x");
      List<Future<String>> all = new ArrayList<>();
      for (int i = 0; i < 500; i++) {
        all.add(threads.submit(() -> post(url)));
      }
      int ones = 0;
      for (Future<String> each : all) {
        ones += each.get(30, TimeUnit.SECONDS).equals("one") ? 1 : 0;
      }
      assertThat(ones).isEqualTo(250);
      assertThat(gateway.gateway.stats().responses2xx()).isEqualTo(500);
      TestGateway.await("nothing in flight", () -> gateway.inFlight() == 0);
    } finally {
      threads.shutdown();
    }
  }

  private static String post(URL url) throws IOException {
    HttpURLConnection connection = (HttpURLConnection) url.openConnection();
    connection.setDoOutput(true);
    connection.getOutputStream().write(new byte[1000]);
    assertThat(connection.getResponseCode()).isEqualTo(200);
    return new String(connection.getInputStream().readAllBytes(), ISO_8859_1);
  }
}
