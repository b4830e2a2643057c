package io.upstream4j.distribution.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.core.Upstreams;
import io.upstream4j.core.config.ConfigKeys;
import io.upstream4j.core.config.ConfigLoader;
import io.upstream4j.core.plugin.PluginCatalog;
import io.upstream4j.core.stats.BackendStats;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests pingap's keys from the file to requests where no other test does, and that the
 * documentation has all of them.
 */
class PingapKeysTest {
  private static final Path DOC = Path.of("..", "docs", "pingap.md");
  private static final Pattern ROW = Pattern.compile("(?m)^\\| `([a-z0-9_]+)` \\| .+ \\|.* \\|$");

  private static final List<String> KEYS =
      List.of(
          ("addrs discovery dns_server dns_domain dns_search update_frequency algo sni verify_cert"
                  + " health_check ipv4_only enable_tracer enable_backend_stats"
                  + " backend_failure_status_code circuit_break_max_consecutive_failures"
                  + " circuit_break_max_failure_percent circuit_break_min_requests_threshold"
                  + " circuit_break_half_open_consecutive_success_threshold"
                  + " circuit_break_open_duration backend_stats_interval alpn max_h2_streams"
                  + " connection_timeout total_connection_timeout read_timeout idle_timeout"
                  + " write_timeout tcp_idle tcp_interval tcp_user_timeout tcp_probe_count"
                  + " tcp_recv_buf tcp_fast_open includes remark")
              .split(" "));

  private final AtomicInteger status = new AtomicInteger(200);

  private TestBackend answeringStatus() throws IOException {
    return new TestBackend(
        call -> {
          call.send("HTTP/1.1 " + status + " Words\r\nContent-Length: 0\r\n\r\n");
          return true;
        });
  }

  private static int get(RawClient client) throws IOException {
    return client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").receive().status();
  }

  private static boolean isEjected(TestGateway gateway, int port) {
    for (BackendStats backend : gateway.upstreams.get("api").stats().backends()) {
      if (backend.backend().endpoint().port() == port) {
        return !backend.circuitClosed();
      }
    }
    throw new AssertionError("no backend at port " + port);
  }

  /** Sends two requests, of which each of two backends receives one. */
  private static List<Integer> getOfEach(RawClient client) throws IOException {
    return List.of(get(client), get(client));
  }

  private interface Condition {
    boolean holds() throws IOException;
  }

  private static void await(String what, Condition condition) throws IOException {
    long deadline = System.nanoTime() + TestGateway.PATIENCE.toNanos();
    while (!condition.holds()) {
      assertThat(System.nanoTime()).as("still waiting: %s", what).isLessThan(deadline);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
    }
  }

  @Test
  void everyKeyIsInTheTable() throws IOException {
    List<String> rows = new ArrayList<>();
    for (Matcher row = ROW.matcher(Files.readString(DOC)); row.find(); ) {
      rows.add(row.group(1));
    }
    assertThat(KEYS).hasSize(35);
    assertThat(rows).containsExactlyInAnyOrderElementsOf(KEYS);
    assertThat(ConfigKeys.upstream().stream().map(key -> key.name()).collect(Collectors.toSet()))
        .containsAll(KEYS);
  }

  @Test
  void failuresInARowEjectForTheOpenDurationAndSuccessesInARowBringBack() throws Exception {
    try (TestBackend backend = answeringStatus();
        TestBackend other = TestBackend.answering("other");
        TestGateway gateway =
            TestGateway.with(
                """
                circuit_break_max_consecutive_failures: 3
                circuit_break_open_duration: 1500ms
                circuit_break_half_open_consecutive_success_threshold: 2
                max_ejected_percent: 100
                retries: 0
                """,
                backend,
                other);
        RawClient client = gateway.connect()) {
      status.set(500);
      for (int i = 1; i <= 3; i++) {
        assertThat(isEjected(gateway, backend.port())).as("before failure %d", i).isFalse();
        assertThat(getOfEach(client)).containsExactlyInAnyOrder(500, 200);
      }
      await("ejected", () -> isEjected(gateway, backend.port()));
      int asked = backend.heads.size();
      status.set(200);
      await("asked again", () -> get(client) == 200 && backend.heads.size() > asked);
      assertThat(isEjected(gateway, backend.port())).as("after one of two").isTrue();
      await("back", () -> get(client) == 200 && !isEjected(gateway, backend.port()));
    }
  }

  @Test
  void thePartOfFailuresCountsOnceThereAreEnoughAndOnlyTheStatusesGiven() throws Exception {
    try (TestBackend backend = answeringStatus();
        TestBackend other = TestBackend.answering("other");
        TestGateway gateway =
            TestGateway.with(
                """
                circuit_break_max_failure_percent: 50
                circuit_break_min_requests_threshold: 10
                backend_stats_interval: 1h
                backend_failure_status_code: "404,502-504"
                circuit_break_open_duration: 1h
                max_ejected_percent: 100
                retries: 0
                """,
                backend,
                other);
        RawClient client = gateway.connect()) {
      status.set(500);
      for (int i = 1; i <= 5; i++) {
        assertThat(getOfEach(client)).as("not a failure").containsExactlyInAnyOrder(500, 200);
      }
      status.set(404);
      for (int i = 1; i <= 5; i++) {
        assertThat(isEjected(gateway, backend.port())).as("with %d of %d", i - 1, i + 4).isFalse();
        assertThat(getOfEach(client)).containsExactlyInAnyOrder(404, 200);
      }
      await("ejected with 5 of 10", () -> isEjected(gateway, backend.port()));
      assertThat(getOfEach(client)).containsExactly(200, 200);
    }
  }

  @Test
  void aRemarkChangesNothingAndAddressesHaveWeights() throws Exception {
    try (TestBackend one = TestBackend.answering("one");
        TestBackend other = TestBackend.answering("other");
        TestGateway gateway =
            TestGateway.of(
                "upstreams:\n  api:\n    remark: { of: [anything] }\n    health_check: none\n"
                    + "    addrs: [\"%s 3\", \"%s\"]\n".formatted(one.address(), other.address()));
        RawClient client = gateway.connect()) {
      for (int i = 0; i < 40; i++) {
        assertThat(get(client)).isEqualTo(200);
      }
      assertThat(one.heads).hasSize(30);
      assertThat(other.heads).hasSize(10);
    }
  }

  /** Upstreams from pingap's examples, in YAML. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        """
        charts:
          addrs: ["127.0.0.1:5000", "127.0.0.1:5001 10"]
        diving:
          addrs: ["127.0.0.1:5001"]
        """,
        """
        charts:
          addrs: ["127.0.0.1:5000"]
          algo: hash:cookie:sid
          health_check: http://charts/ping?connection_timeout=3s&pingap
          connection_timeout: 10s
          total_connection_timeout: 30s
          read_timeout: 10s
          write_timeout: 10s
          idle_timeout: 120s
        """,
        """
        chartsUpstream:
          addrs: ["127.0.0.1:5000", "127.0.0.1:5001"]
          health_check: http://charts/ping
        commonUpstream:
          addrs: ["127.0.0.1:8080"]
          health_check: http://common/health
        ordersUpstream:
          addrs: ["127.0.0.1:6000"]
          health_check: http://orders/health
          total_connection_timeout: 30s
        """,
        """
        all:
          addrs: ["127.0.0.1:5000"]
          algo: hash:header:x-user
          sni: charts.example.com
          verify_cert: true
          health_check: https://charts/ping?connection_timeout=3s&read_timeout=3s&check_frequency=10s&success=1&failure=2&reuse=true
          ipv4_only: false
          alpn: H2H1
          max_h2_streams: 16
          tcp_idle: 2m
          tcp_interval: 1m
          tcp_probe_count: 9
          tcp_recv_buf: 4kB
          tcp_fast_open: true
        grpc:
          addrs: ["127.0.0.1:5000"]
          health_check: grpc://name/path?connection_timeout=3s&read_timeout=3s&check_frequency=10s&success=1&failure=2&reuse=true&tls=true&service=pingap
        tcp:
          addrs: ["127.0.0.1:5000"]
          health_check: tcp://name?connection_timeout=3s&read_timeout=3s&check_frequency=10s&success=1&failure=2&reuse=true
        """,
      })
  void theExamplesOfPingapRun(String upstreams) {
    String yaml = "upstreams:\n" + upstreams.indent(2);
    try (PluginCatalog plugins = PluginCatalog.find(List.of(), List.of());
        Upstreams running = Upstreams.builder().threads(1).load("pingap.yaml", yaml)) {
      assertThat(running.all())
          .hasSameSizeAs(new ConfigLoader(plugins).load("pingap.yaml", yaml).upstreams().keySet())
          .allSatisfy(upstream -> assertThat(upstream.stats().name()).isNotEmpty());
    }
  }
}
