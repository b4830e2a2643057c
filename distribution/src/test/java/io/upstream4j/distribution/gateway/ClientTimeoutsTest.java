package io.upstream4j.distribution.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ClientTimeoutsTest {
  private static final int LONG = 600;

  @Test
  void anIdleConnectionIsClosedWithoutAWord() throws Exception {
    try (TestBackend backend = TestBackend.answering("ok");
        TestGateway gateway =
            TestGateway.hurrying(new ClientTimeouts(1, LONG, LONG, LONG, LONG, LONG), backend);
        RawClient silent = gateway.connect();
        RawClient served = gateway.connect()) {
      assertThat(served.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").receive().status())
          .isEqualTo(200);
      assertThat(silent.isClosedByPeer()).isTrue();
      assertThat(served.isClosedByPeer()).isTrue();
      TestGateway.await(
          "no connection is counted", () -> gateway.gateway.stats().connections() == 0);
    }
  }

  @Test
  void aHeadThatTricklesInIsRefusedInTheEnd() throws Exception {
    try (TestBackend backend = TestBackend.answering("ok");
        TestGateway gateway =
            TestGateway.hurrying(new ClientTimeouts(LONG, 1, LONG, LONG, LONG, LONG), backend);
        RawClient client = gateway.connect()) {
      client.send("GET / HTTP/1.1\r\nHo");
      // Further bytes do not extend the time.
      TestGateway.await("the head is refused", () -> trickles(client, gateway));
      assertThat(client.receive().status()).isEqualTo(408);
      assertThat(client.isClosedByPeer()).isTrue();
    }
  }

  private static boolean trickles(RawClient client, TestGateway gateway) {
    try {
      client.send("x");
    } catch (java.io.IOException e) {
      return true;
    }
    return gateway.gateway.stats().responses4xx() == 1;
  }

  @Test
  void aBodyThatStopsIsRefused() throws Exception {
    try (TestBackend backend = TestBackend.answering("ok");
        TestGateway gateway =
            TestGateway.hurrying(new ClientTimeouts(LONG, LONG, 1, LONG, LONG, LONG), backend);
        RawClient client = gateway.connect()) {
      client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nbegin");
      RawClient.Response response = client.receive();
      assertThat(response.status()).isEqualTo(408);
      assertThat(response.header("connection")).isEqualTo("close");
      TestGateway.await("nothing in flight", () -> gateway.inFlight() == 0);
    }
  }

  @Test
  void aSlowBackendDoesNotCountAgainstItsClient() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    try (TestBackend backend =
            new TestBackend(
                call -> {
                  call.body();
                  go.await();
                  return call.answer("late");
                });
        TestGateway gateway =
            TestGateway.hurrying(new ClientTimeouts(1, 1, 1, LONG, LONG, LONG), backend);
        RawClient client = gateway.connect();
        RawClient idle = gateway.connect()) {
      client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi");
      assertThat(idle.isClosedByPeer()).isTrue(); // so the time has expired
      go.countDown();
      assertThat(client.receive().body()).isEqualTo("late");
    }
  }

  @Test
  void aClientThatTakesNothingIsCutOff() throws Exception {
    try (TestBackend backend =
            new TestBackend(
                call -> {
                  call.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
                  byte[] zeros = new byte[1 << 16];
                  for (int i = 0; i < 15_000; i++) {
                    call.out.write(zeros);
                  }
                  return false;
                });
        TestGateway gateway =
            TestGateway.hurrying(new ClientTimeouts(LONG, LONG, LONG, 1, LONG, LONG), backend);
        RawClient client = gateway.connect()) {
      client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
      TestGateway.await("cut off", () -> gateway.gateway.stats().aborted() == 1);
      TestGateway.await("nothing in flight", () -> gateway.inFlight() == 0);
    }
  }
}
