package io.upstream4j.distribution.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.core.Upstreams;
import java.net.InetSocketAddress;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests the records of requests over real sockets. */
@Timeout(60)
class AccessRecordTest {
  private final BlockingQueue<AccessRecord> records = new LinkedBlockingQueue<>();

  private TestGateway gateway(TestBackend... backends) throws InterruptedException {
    return logging(TestGateway.before(backends));
  }

  private TestGateway logging(TestGateway gateway) {
    logTo(gateway.gateway);
    return gateway;
  }

  private void logTo(Gateway gateway) {
    gateway.logTo(
        new AccessSink() {
          @Override
          public void log(AccessRecord record) {
            records.add(record);
          }

          @Override
          public long lost() {
            return 7;
          }
        });
  }

  private AccessRecord next() throws InterruptedException {
    AccessRecord record = records.poll(30, TimeUnit.SECONDS);
    assertThat(record).as("a record").isNotNull();
    return record;
  }

  @Test
  void aRequestIsToldWithItsWay() throws Exception {
    long before = System.currentTimeMillis();
    try (TestBackend backend = TestBackend.answering("hello");
        TestGateway gateway = gateway(backend);
        RawClient client = gateway.connect()) {
      client
          .send(
              "GET /a?b=%20c HTTP/1.1\r\nHost: Shop.test:99\r\nReferer: r\r\nUser-Agent: u\r\n"
                  + "traceparent: t\r\nConnection: Referer\r\n\r\n")
          .receive();
      AccessRecord record = next();
      assertThat(record.startedMillis()).isBetween(before, System.currentTimeMillis());
      assertThat(record.durationNanos()).isPositive();
      assertThat(record.client()).isEqualTo("127.0.0.1");
      assertThat(record.method()).isEqualTo("GET");
      assertThat(record.target()).isEqualTo("/a?b=%20c");
      assertThat(record.protocol()).isEqualTo("HTTP/1.1");
      assertThat(record.host()).isEqualTo("shop.test");
      assertThat(record.status()).isEqualTo(200);
      assertThat(record.sentBytes()).isEqualTo(5);
      assertThat(record.complete()).isTrue();
      assertThat(record.upstream()).isEqualTo("api");
      assertThat(record.backend()).isEqualTo(backend.address());
      assertThat(record.tries()).isEqualTo(1);
      assertThat(record.userAgent()).isEqualTo("u");
      assertThat(record.traceparent()).isEqualTo("t");
      assertThat(gateway.gateway.stats().unlogged()).isEqualTo(7);
    }
  }

  @Test
  void aRetryIsCountedAndTheLastBackendNamed() throws Exception {
    try (TestBackend broken =
            new TestBackend(
                call -> {
                  call.send("nonsense\r\n\r\n");
                  return false;
                });
        TestBackend right = TestBackend.answering("ok");
        TestGateway gateway = gateway(broken, right);
        RawClient client = gateway.connect()) {
      client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").receive();
      client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").receive();
      AccessRecord one = next();
      AccessRecord other = next();
      assertThat(one.tries() + other.tries()).isGreaterThan(2);
      assertThat(one.backend()).isEqualTo(right.address());
      assertThat(other.backend()).isEqualTo(right.address());
    }
  }

  @Test
  void aResponseToHeadHasNoBody() throws Exception {
    try (TestBackend backend =
            new TestBackend(
                call -> {
                  call.send("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n");
                  return true;
                });
        TestGateway gateway = gateway(backend);
        RawClient client = gateway.connect()) {
      client.send("HEAD / HTTP/1.0\r\n\r\n");
      AccessRecord record = next();
      assertThat(record.method()).isEqualTo("HEAD");
      assertThat(record.protocol()).isEqualTo("HTTP/1.0");
      assertThat(record.host()).isNull();
      assertThat(record.sentBytes()).isZero();
    }
  }

  @Test
  void whatTheGatewayAnswersItselfIsToldToo() throws Exception {
    try (TestBackend backend = TestBackend.answering("ok");
        TestGateway gateway =
            logging(
                TestGateway.of(
                    TestGateway.yaml("", backend)
                        + "routes:\n  - { path: /api, upstream: api }\n"));
        RawClient client = gateway.connect()) {
      String body = client.send("GET /none HTTP/1.1\r\nHost: h\r\n\r\n").receive().body();
      AccessRecord none = next();
      assertThat(none.status()).isEqualTo(404);
      assertThat(none.sentBytes()).isEqualTo(body.length());
      assertThat(none.upstream()).isNull();
      assertThat(none.backend()).isNull();
      assertThat(none.tries()).isZero();

      client.send("GET /x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n").receive();
      AccessRecord twoHosts = next();
      assertThat(twoHosts.status()).isEqualTo(400);
      assertThat(twoHosts.target()).isEqualTo("/x");
    }
  }

  @Test
  void whatCannotBeReadIsToldWithoutItsParts() throws Exception {
    try (TestBackend backend = TestBackend.answering("ok");
        TestGateway gateway = gateway(backend);
        RawClient client = gateway.connect()) {
      client.send("GET\r\n\r\n").receive();
      AccessRecord record = next();
      assertThat(record.status()).isEqualTo(400);
      assertThat(record.method()).isNull();
      assertThat(record.target()).isNull();
      assertThat(record.client()).isEqualTo("127.0.0.1");
    }
  }

  @Test
  void aClientThatLeavesIsToldAs499() throws Exception {
    try (TestBackend silent = new TestBackend(call -> call.in.read() >= 0);
        TestGateway gateway = gateway(silent)) {
      try (RawClient client = gateway.connect()) {
        client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        silent.nextHead();
      }
      AccessRecord record = next();
      assertThat(record.status()).isEqualTo(499);
      assertThat(record.complete()).isFalse();
      assertThat(record.backend()).isEqualTo(silent.address());
    }
  }

  @Test
  void aResponseThatBreaksOffIsNotComplete() throws Exception {
    try (TestBackend backend =
            new TestBackend(
                call -> {
                  call.send("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nabc");
                  return false;
                });
        TestGateway gateway = gateway(backend);
        RawClient client = gateway.connect()) {
      client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
      AccessRecord record = next();
      assertThat(record.status()).isEqualTo(200);
      assertThat(record.sentBytes()).isEqualTo(3);
      assertThat(record.complete()).isFalse();
    }
  }

  @Test
  void aRequestWithoutATraceBeginsOneWhenAskedFor() throws Exception {
    try (TestBackend backend = TestBackend.answering("ok");
        TestGateway gateway = gateway(backend);
        RawClient client = gateway.connect()) {
      gateway.gateway.createTraces(1);
      client.send("GET / HTTP/1.1\r\nHost: h\r\ntracestate: a=b\r\n\r\n").receive();
      TestBackend.Head begun = backend.nextHead();
      assertThat(begun.header("traceparent")).matches("00-[0-9a-f]{32}-[0-9a-f]{16}-03");
      assertThat(begun.header("tracestate")).isNull();
      assertThat(next().traceparent()).isEqualTo(begun.header("traceparent"));

      String theirs = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
      client
          .send(
              "GET / HTTP/1.1\r\nHost: h\r\nTraceParent: " + theirs + "\r\ntracestate: a=b\r\n\r\n")
          .receive();
      TestBackend.Head passed = backend.nextHead();
      assertThat(passed.all("traceparent")).containsExactly(theirs);
      assertThat(passed.header("tracestate")).isEqualTo("a=b");
    }
  }

  @Test
  void clientsAreToldTheKindOfAFailureAndTheLogTheRest() throws Exception {
    String yaml =
        """
        upstreams:
          partner:
            health_check: none
            addrs: ["nope.invalid:80"]
        """;
    try (Upstreams upstreams = Upstreams.builder().threads(1).load("test.yaml", yaml);
        Gateway gateway = new Gateway(upstreams)) {
      logTo(gateway);
      InetSocketAddress address = gateway.start("127.0.0.1", 0);
      AccessRecord record;
      do { // until the name was looked up
        try (RawClient client = new RawClient(address)) {
          RawClient.Response response = client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").receive();
          assertThat(response.status()).isEqualTo(503);
          assertThat(response.body()).isEqualTo("no backend is available\n");
        }
        record = next();
        assertThat(record.upstream()).isEqualTo("partner");
        assertThat(record.error()).contains("no backends");
      } while (!record.error().contains("nope.invalid"));
      String page = Tool.curlHttp2(address, "/").text();
      assertThat(page).endsWith("no backend is available\n").doesNotContain("partner", "nope");
      assertThat(next().error()).contains("nope.invalid");
    }
  }

  @Test
  void aFailureOfABackendIsToldInWords() throws Exception {
    TestBackend gone = TestBackend.answering("never");
    gone.close();
    try (TestBackend cut =
            new TestBackend(
                call -> {
                  call.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
                  return false;
                });
        TestBackend odd =
            new TestBackend(
                call -> {
                  call.send("HTTP/1.1 20 Odd\r\n\r\n");
                  return false;
                });
        TestGateway refused = gateway(gone);
        TestGateway broken = gateway(cut);
        TestGateway malformed = gateway(odd);
        TestGateway good = gateway(TestBackend.answering("fine"))) {
      assertThat(body(refused)).isEqualTo("the backend could not be reached\n");
      AccessRecord record = next();
      assertThat(record.error()).containsIgnoringCase("connection").doesNotContain("upstream");
      assertThat(body(malformed)).isEqualTo("the backend's response is not valid HTTP\n");
      assertThat(next().error()).contains("the status \"20\" (expected: three digits");
      try (RawClient client = broken.connect()) {
        client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        assertThat(client.in.readAllBytes()).asString().endsWith("half");
      }
      record = next();
      assertThat(record.complete()).isFalse();
      assertThat(record.error()).contains("closed the connection");
      assertThat(body(good)).isEqualTo("fine");
      assertThat(next().error()).isNull();
      try (RawClient client = good.connect()) {
        client.send("GET / HTTP/1.1\r\n\r\n");
        assertThat(client.receive().body()).isEqualTo("no Host header\n");
      }
      assertThat(next().error()).isEqualTo("no Host header");
    }
  }

  private static String body(TestGateway gateway) throws Exception {
    try (RawClient client = gateway.connect()) {
      return client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").receive().body();
    }
  }
}
