package io.upstream4j.distribution.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.core.stats.BackendStats;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Tests the ejection of failing backends, over real sockets. */
class EjectionTest {
  private final AtomicBoolean isMended = new AtomicBoolean();

  private static TestBackend good() throws IOException {
    return new TestBackend(call -> call.answer("good"));
  }

  /** Fails every second request until it is repaired. */
  private TestBackend failingHalf() throws IOException {
    AtomicInteger count = new AtomicInteger();
    return new TestBackend(
        call -> {
          if (count.incrementAndGet() % 2 == 0 || isMended.get()) {
            return call.answer("half");
          }
          call.send("HTTP/1.1 503 No\r\nContent-Length: 4\r\n\r\nhalf");
          return true;
        });
  }

  private static int get(RawClient client) throws IOException {
    return client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").receive().status();
  }

  private static List<Integer> ejected(TestGateway gateway) {
    return gateway.upstreams.get("api").stats().backends().stream()
        .filter(backend -> !backend.circuitClosed())
        .map((BackendStats backend) -> backend.backend().endpoint().port())
        .toList();
  }

  @Test
  void aBackendThatFailsHalfIsEjectedAsSoonAsThatIsKnownAndGetsNoMore() throws Exception {
    try (TestBackend good = good();
        TestBackend half = failingHalf();
        TestGateway gateway =
            TestGateway.with(
                """
                circuit_break_max_failure_percent: 50
                circuit_break_min_requests_threshold: 10
                backend_stats_interval: 1h
                circuit_break_open_duration: 1h
                retries: 0
                """,
                good,
                half);
        RawClient client = gateway.connect()) {
      for (int i = 0; i < 18; i++) {
        get(client);
      }
      assertThat(half.heads).as("below the threshold").hasSize(9);
      assertThat(ejected(gateway)).isEmpty();
      // Its 10th request succeeds and its 11th fails: 6 of 11 are more than half.
      for (int i = 0; i < 4; i++) {
        get(client);
      }
      TestGateway.await("ejected", () -> !ejected(gateway).isEmpty());
      assertThat(ejected(gateway)).containsExactly(half.port());
      int asked = half.heads.size();
      assertThat(asked).isEqualTo(11);
      for (int i = 0; i < 200; i++) {
        assertThat(get(client)).isEqualTo(200);
      }
      assertThat(half.heads).hasSize(asked);
    }
  }

  @Test
  void aMendedBackendComesBackByItsTrialsAndGetsItsShareAgain() throws Exception {
    try (TestBackend good = good();
        TestBackend half = failingHalf();
        TestGateway gateway =
            TestGateway.with(
                """
                circuit_break_max_failure_percent: 50
                circuit_break_min_requests_threshold: 10
                circuit_break_open_duration: 300ms
                circuit_break_half_open_consecutive_success_threshold: 3
                retries: 0
                """,
                good,
                half);
        RawClient client = gateway.connect()) {
      for (int i = 0; i < 1_000 && ejected(gateway).isEmpty(); i++) {
        get(client);
      }
      TestGateway.await("ejected", () -> !ejected(gateway).isEmpty());
      int asked = half.heads.size();
      isMended.set(true);
      long end = System.nanoTime() + TestGateway.PATIENCE.toNanos();
      while (!ejected(gateway).isEmpty()) {
        assertThat(System.nanoTime()).as("still ejected").isLessThan(end);
        get(client);
      }
      assertThat(half.heads.size() - asked).as("trials").isGreaterThanOrEqualTo(3);
      int back = half.heads.size();
      for (int i = 0; i < 20; i++) {
        assertThat(get(client)).isEqualTo(200);
      }
      assertThat(half.heads.size() - back).isBetween(9, 11);
    }
  }

  @Test
  void byDefaultABackendThatAcceptsAndNeverAnswersIsEjected() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    try (TestBackend hung =
            new TestBackend(
                call -> {
                  end.await();
                  return false;
                });
        TestBackend one = good();
        TestBackend two = good();
        TestGateway gateway = TestGateway.with("read_timeout: 200ms\nretries: 0", hung, one, two);
        RawClient client = gateway.connect()) {
      int failed = 0;
      for (int i = 0; i < 100; i++) {
        failed += get(client) == 200 ? 0 : 1;
      }
      assertThat(failed).isBetween(3, 4);
      assertThat(ejected(gateway)).containsExactly(hung.port());
    } finally {
      end.countDown();
    }
  }

  @Test
  void byDefaultABackendThatFailsAsTheOthersDoIsNotEjected() throws Exception {
    try (TestBackend one = failing();
        TestBackend two = failing();
        TestGateway gateway = TestGateway.with("retries: 0", one, two);
        RawClient client = gateway.connect()) {
      for (int i = 0; i < 100; i++) {
        assertThat(get(client)).isEqualTo(503);
      }
      assertThat(ejected(gateway)).isEmpty();
    }
  }

  @Test
  void theDefaultCanBeTurnedOff() throws Exception {
    try (TestBackend bad = failing();
        TestBackend one = good();
        TestGateway gateway =
            TestGateway.with("circuit_break_max_consecutive_failures: off\nretries: 0", bad, one);
        RawClient client = gateway.connect()) {
      for (int i = 0; i < 100; i++) {
        get(client);
      }
      assertThat(bad.heads).hasSize(50);
    }
  }

  @Test
  void whenEveryBackendFailsTheCapHoldsAndRequestsStillGoToTheOthers() throws Exception {
    try (TestBackend one = failing();
        TestBackend two = failing();
        TestBackend three = failing();
        TestBackend four = failing();
        TestGateway gateway =
            TestGateway.with(
                """
                circuit_break_max_consecutive_failures: 3
                circuit_break_open_duration: 1h
                max_ejected_percent: 50
                retries: 0
                """,
                one,
                two,
                three,
                four);
        RawClient client = gateway.connect()) {
      for (int i = 0; i < 400; i++) {
        assertThat(get(client)).isEqualTo(503);
      }
      TestGateway.await("half of them ejected", () -> ejected(gateway).size() == 2);
      for (int i = 0; i < 100; i++) {
        assertThat(get(client)).isEqualTo(503);
      }
      assertThat(ejected(gateway)).hasSize(2);
      int reached = one.heads.size() + two.heads.size() + three.heads.size() + four.heads.size();
      assertThat(reached).as("requests that a backend answered").isEqualTo(500);
    }
  }

  private static TestBackend failing() throws IOException {
    return new TestBackend(
        call -> {
          call.send("HTTP/1.1 503 No\r\nContent-Length: 4\r\n\r\nfail");
          return true;
        });
  }

  @Test
  void theOneThatDoesMuchWorseThanTheOthersIsEjectedWithoutALimitOfItsOwn() throws Exception {
    try (TestBackend half = failingHalf();
        TestBackend one = good();
        TestBackend two = good();
        TestBackend three = good();
        TestBackend four = good();
        TestGateway gateway =
            TestGateway.with(
                """
                circuit_break_success_rate_stdev_factor: 1.9
                circuit_break_success_rate_min_requests: 5
                backend_stats_interval: 2s
                circuit_break_open_duration: 1h
                retries: 0
                """,
                half,
                one,
                two,
                three,
                four);
        RawClient client = gateway.connect()) {
      long end = System.nanoTime() + TestGateway.PATIENCE.toNanos();
      while (ejected(gateway).isEmpty()) {
        assertThat(System.nanoTime()).as("not yet ejected").isLessThan(end);
        get(client);
      }
      assertThat(ejected(gateway)).containsExactly(half.port());
      int asked = half.heads.size();
      for (int i = 0; i < 100; i++) {
        assertThat(get(client)).isEqualTo(200);
      }
      assertThat(half.heads).hasSize(asked);
    }
  }
}
