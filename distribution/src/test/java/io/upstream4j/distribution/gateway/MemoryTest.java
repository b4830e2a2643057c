package io.upstream4j.distribution.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/**
 * Tests that slow peers can make the gateway hold only bounded memory, without effect on others.
 */
class MemoryTest {
  private final CountDownLatch over = new CountDownLatch(1);

  /** Answers {@code /ok}. Of other requests, reads only the head. */
  private boolean serve(TestBackend.Call call) throws Exception {
    if (call.head.line().startsWith("GET /ok")) {
      return call.answer("ok");
    }
    over.await();
    return false;
  }

  @Test
  void uploadsThatABackendDoesNotTakeGiveWayAndOthersAreServed() throws Exception {
    try (TestBackend backend = new TestBackend(this::serve);
        TestGateway gateway = TestGateway.limiting("memory: 1MiB", backend)) {
      byte[] full = new byte[16_000];
      List<RawHttp2> attackers = new ArrayList<>();
      try (RawClient other = gateway.connect()) {
        for (int i = 0; i < 4; i++) {
          RawHttp2 attacker = new RawHttp2(gateway.address).greet();
          attackers.add(attacker);
          for (int stream = 1; stream < 60; stream += 2) {
            attacker.request(stream, RawHttp2.END_HEADERS, "POST", "/deaf");
            for (int part = 0; part < 4; part++) {
              attacker.frame(RawHttp2.DATA, 0, stream, full);
            }
          }
          assertThat(other.send("GET /ok HTTP/1.1\r\nHost: h\r\n\r\n").receive().status())
              .isEqualTo(200);
        }
        TestGateway.await("some had to give way", () -> gateway.gateway.stats().shed() > 0);
        assertThat(other.send("GET /ok HTTP/1.1\r\nHost: h\r\n\r\n").receive().status())
            .isEqualTo(200);
      } finally {
        over.countDown();
        for (RawHttp2 attacker : attackers) {
          attacker.close();
        }
      }
      TestGateway.await("all is given back", () -> gateway.gateway.stats().memory() == 0);
      TestGateway.await("no request", () -> gateway.inFlight() == 0);
    }
  }

  /** The client leaves while its body is not read, so that the socket does not report it. */
  @Test
  void aClientThatLeavesBehindItsBodyIsNoticed() throws Exception {
    String options = "max_connections: 1\npending_timeout: 1h\nretries: 0\n";
    try (TestBackend backend = new TestBackend(this::serve);
        TestGateway gateway = TestGateway.with(options, backend);
        RawClient holder = gateway.connect()) {
      holder.send("GET /held HTTP/1.1\r\nHost: h\r\n\r\n");
      TestGateway.await("the only connection is taken", () -> gateway.inFlight() == 1);
      try (RawClient leaver = gateway.connect()) {
        leaver.send("POST /ok HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
        leaver.send("1\r\nx\r\n".repeat(60_000));
      }
      TestGateway.await("it is gone", () -> gateway.gateway.stats().connections() == 1);
      TestGateway.await("so is its request", () -> gateway.inFlight() == 1);
    } finally {
      over.countDown();
    }
  }
}
