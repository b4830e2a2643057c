package io.upstream4j.metrics.micrometer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.sun.net.httpserver.HttpServer;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.upstream4j.core.Upstreams;
import io.upstream4j.core.http.UpstreamRequest;
import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleDescriptor.Requires.Modifier;
import java.lang.module.ModuleFinder;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the meters of upstreams with requests to real servers. */
class UpstreamMetricsTest {
  private static final Duration SOON = Duration.ofMillis(20);

  private final List<HttpServer> servers = new ArrayList<>();
  private final MeterRegistry registry = new SimpleMeterRegistry();
  private Upstreams upstreams;

  @AfterEach
  void close() {
    if (upstreams != null) {
      upstreams.close();
    }
    servers.forEach(server -> server.stop(0));
  }

  private String server(int status) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(status, -1);
          exchange.close();
        });
    server.start();
    servers.add(server);
    return "127.0.0.1:" + server.getAddress().getPort();
  }

  private static String yaml(String... addresses) {
    return yamlWith("", addresses);
  }

  private static String yamlWith(String more, String... addresses) {
    String addrs =
        List.of(addresses).stream()
            .map(address -> '"' + address + '"')
            .collect(Collectors.joining(", ", "[", "]"));
    return "upstreams:\n  api: { health_check: none, addrs: " + addrs + more + " }\n";
  }

  private void load(String yaml) throws InterruptedException {
    upstreams = Upstreams.builder().threads(1).load("test.yaml", yaml);
    assertThat(upstreams.awaitReady(Duration.ofSeconds(30))).isTrue();
  }

  private void send(int count) {
    for (int i = 0; i < count; i++) {
      upstreams.get("api").send(UpstreamRequest.get("/")).orTimeout(30, TimeUnit.SECONDS).join();
    }
  }

  private UpstreamMetrics metrics() {
    return new UpstreamMetrics(upstreams, List.of(), SOON);
  }

  private double counter(String name, String... tags) {
    return registry.get(name).tags(tags).functionCounter().count();
  }

  private double gauge(String name, String... tags) {
    return registry.get(name).tags(tags).gauge().value();
  }

  private Set<String> backends() {
    return registry.find("upstream4j.backend.up").gauges().stream()
        .map(gauge -> gauge.getId().getTag("backend"))
        .collect(Collectors.toSet());
  }

  private static void await(String what, BooleanSupplier condition) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("still waiting: %s", what).isLessThan(end);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
    }
  }

  @Test
  void metersTellWhatTheUpstreamCounts() throws Exception {
    String one = server(200);
    String two = server(200);
    load(yaml(one, two));
    try (UpstreamMetrics metrics = metrics()) {
      metrics.bindTo(registry);
      send(10);
      await("ten requests", () -> counter("upstream4j.requests", "upstream", "api") == 10);
      FunctionTimer latency = registry.get("upstream4j.latency").functionTimer();
      await("ten latencies", () -> latency.count() == 10);
      assertThat(latency.totalTime(TimeUnit.NANOSECONDS))
          .isCloseTo(upstreams.get("api").stats().latency().sumNanos(), within(1.0));
      assertThat(counter("upstream4j.latency.histogram", "le", "+Inf")).isEqualTo(10);
      for (String backend : List.of(one, two)) {
        await("five each", () -> counter("upstream4j.backend.requests", "backend", backend) == 5);
        assertThat(gauge("upstream4j.backend.up", "backend", backend)).isEqualTo(1);
        assertThat(gauge("upstream4j.backend.circuit", "backend", backend, "state", "closed"))
            .isEqualTo(1);
        assertThat(gauge("upstream4j.backend.circuit", "backend", backend, "state", "open"))
            .isZero();
        assertThat(counter("upstream4j.backend.connections.opened", "backend", backend))
            .isEqualTo(1);
      }
      assertThat(gauge("upstream4j.backends")).isEqualTo(2);
      assertThat(counter("upstream4j.config.applied")).isEqualTo(1);
      assertThat(
              registry
                  .get("upstream4j.discovery.last.answer.timestamp")
                  .timeGauge()
                  .value(TimeUnit.SECONDS))
          .isGreaterThan(1.7e9);
    }
  }

  @Test
  void failuresAndRefusalsHaveTheirKinds() throws Exception {
    String gone = server(200);
    servers.get(0).stop(0);
    load(yamlWith(", retries: 0", gone));
    try (UpstreamMetrics metrics = metrics()) {
      metrics.bindTo(registry);
      assertThatThrownBy(() -> send(1)).hasMessageContaining(gone);
      await("a failure", () -> counter("upstream4j.failures", "kind", "connect") == 1);
      await("of its own", () -> counter("upstream4j.backend.failures", "backend", gone) == 1);
      assertThat(counter("upstream4j.failures", "kind", "tls")).isZero();

      upstreams
          .get("api")
          .drain(upstreams.get("api").stats().backends().get(0).backend().endpoint())
          .join();
      assertThatThrownBy(() -> send(1)).hasMessageContaining("drained");
      await("a refusal", () -> counter("upstream4j.refused", "reason", "out_of_service") == 1);
      await("its state", () -> gauge("upstream4j.backend.admin.state", "state", "draining") == 1);
    }
  }

  @Test
  void metersFollowBackendsThatComeAndGo() throws Exception {
    String stays = server(200);
    String goes = server(200);
    String comes = server(200);
    load(yaml(stays, goes));
    try (UpstreamMetrics metrics = metrics()) {
      metrics.bindTo(registry);
      assertThat(backends()).containsExactlyInAnyOrder(stays, goes);
      int before = registry.getMeters().size();
      send(4);

      upstreams.put(
          "api",
          "test.yaml",
          "health_check: none\naddrs: [\"" + stays + "\", \"" + comes + "\"]\n");
      await("the new set", () -> backends().equals(Set.of(stays, comes)));
      assertThat(registry.getMeters()).hasSize(before);
      await(
          "its count goes on", () -> counter("upstream4j.backend.requests", "backend", stays) == 2);

      upstreams.put("other", "test.yaml", "health_check: none\naddrs: [\"" + goes + "\"]\n");
      await("another upstream", () -> backends().contains(goes));
      upstreams.remove("other");
      await("is gone", () -> registry.getMeters().size() == before);
      assertThat(registry.find("upstream4j.requests").functionCounters()).hasSize(1);
    }
  }

  @Test
  void hundredsOfChangesLeaveNoMeterBehind() throws Exception {
    String stays = server(200);
    load(yaml(stays));
    try (UpstreamMetrics metrics = metrics()) {
      metrics.bindTo(registry);
      int before = registry.getMeters().size();
      for (int i = 1; i <= 200; i++) {
        upstreams.put(
            "api",
            "test.yaml",
            "health_check: none\naddrs: [\"" + stays + "\", \"127.1.0." + i + ":9\"]\n");
      }
      upstreams.put("api", "test.yaml", "health_check: none\naddrs: [\"" + stays + "\"]\n");
      await("the first set", () -> backends().equals(Set.of(stays)));
      assertThat(registry.getMeters()).hasSize(before);
    }
  }

  @Test
  void whatTheConfigurationDoesNotWantToHaveToldHasNoMeter() throws Exception {
    load(yamlWith(", enable_backend_stats: false", server(200)));
    try (UpstreamMetrics metrics = metrics()) {
      metrics.bindTo(registry);
      assertThat(registry.find("upstream4j.backend.up").gauges()).isEmpty();
      assertThat(registry.find("upstream4j.backend.connections.idle").gauges()).hasSize(1);
      upstreams.put(
          "api",
          "test.yaml",
          "health_check: none\nenable_tracer: false\naddrs: [\"" + server(200) + "\"]\n");
      await("the other half", () -> !registry.find("upstream4j.backend.up").gauges().isEmpty());
      assertThat(registry.find("upstream4j.backend.connections.idle").gauges()).isEmpty();
    }
  }

  @Test
  void whatAStrategyCountsChangesWithTheStrategy() throws Exception {
    String address = server(200);
    load(yamlWith(", algo: { consistent: { balance_factor: 125 } }", address));
    try (UpstreamMetrics metrics = metrics()) {
      metrics.bindTo(registry);
      Set<String> events = upstreams.get("api").stats().strategy().keySet();
      assertThat(registry.find("upstream4j.strategy").functionCounters())
          .extracting(counter -> counter.getId().getTag("event"))
          .containsExactlyInAnyOrderElementsOf(events);
      upstreams.put("api", "test.yaml", "health_check: none\naddrs: [\"" + address + "\"]\n");
      await("none", () -> registry.find("upstream4j.strategy").functionCounters().isEmpty());
    }
  }

  @Test
  void closingRemovesAllMetersAndTheThread() throws Exception {
    load(yaml(server(200)));
    MeterRegistry second = new SimpleMeterRegistry();
    UpstreamMetrics metrics = metrics();
    metrics.bindTo(registry);
    metrics.bindTo(second);
    assertThat(second.getMeters()).hasSameSizeAs(registry.getMeters()).isNotEmpty();
    metrics.close();
    metrics.close();
    assertThat(registry.getMeters()).isEmpty();
    assertThat(second.getMeters()).isEmpty();
    await("no thread", () -> threads().isEmpty());
    assertThatThrownBy(() -> metrics.bindTo(registry))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("expected: new ones");
  }

  private static List<Thread> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("upstream4j-metrics"))
        .toList();
  }

  @Test
  void theUpstreamsMayBeClosedFirst() throws Exception {
    load(yaml(server(200)));
    try (UpstreamMetrics metrics = metrics()) {
      metrics.bindTo(registry);
      send(3);
      await("three", () -> counter("upstream4j.requests") == 3);
      upstreams.close();
      assertThat(counter("upstream4j.config.applied")).isEqualTo(1);
    }
    assertThat(registry.getMeters()).isEmpty();
  }

  @Test
  void everyMeterHasTheTagsGivenAndAFilterMayDenySome() throws Exception {
    load(yaml(server(200)));
    registry.config().meterFilter(MeterFilter.denyNameStartsWith("upstream4j.backend"));
    try (UpstreamMetrics metrics =
        new UpstreamMetrics(upstreams, List.of(Tag.of("service", "shop")), SOON)) {
      metrics.bindTo(registry);
      assertThat(registry.getMeters())
          .isNotEmpty()
          .allSatisfy(meter -> assertThat(meter.getId().getTag("service")).isEqualTo("shop"))
          .allSatisfy(
              meter -> assertThat(meter.getId().getName()).doesNotStartWith("upstream4j.backend"))
          .allSatisfy(meter -> assertThat(meter.getId().getDescription()).isNotBlank());
    }
    assertThat(registry.getMeters()).isEmpty();
  }

  @Test
  void prometheusTellsTheNamesOfTheGatewaysOwnPage() throws Exception {
    String address = server(200);
    load(yaml(address));
    PrometheusMeterRegistry prometheus = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    try (UpstreamMetrics metrics = metrics()) {
      metrics.bindTo(prometheus);
      send(7);
      String backend = "{backend=\"" + address + "\",upstream=\"api\"";
      await(
          "counts",
          () -> {
            String page = prometheus.scrape();
            return page.contains("upstream4j_latency_seconds_count{upstream=\"api\"} 7")
                && page.contains("upstream4j_backend_connections_idle" + backend + "} 1.0")
                && page.contains("upstream4j_backend_in_flight" + backend + "} 0.0");
          });
      assertThat(prometheus.scrape())
          .contains(
              "upstream4j_config_applied_total 1.0",
              "upstream4j_config_refused_total 0.0",
              "upstream4j_config_last_applied_timestamp_seconds ",
              "upstream4j_requests_total{upstream=\"api\"} 7.0",
              "upstream4j_retries_total{upstream=\"api\"} 0.0",
              "upstream4j_refused_total{reason=\"no_backends\",upstream=\"api\"} 0.0",
              "upstream4j_failures_total{kind=\"connect_timeout\",upstream=\"api\"} 0.0",
              "upstream4j_latency_seconds_sum{upstream=\"api\"}",
              "upstream4j_latency_histogram_total{le=\"104.8576\",upstream=\"api\"} 7.0",
              "upstream4j_latency_histogram_total{le=\"+Inf\",upstream=\"api\"} 7.0",
              "upstream4j_try_duration_seconds_count{upstream=\"api\"}",
              "upstream4j_probes_total{result=\"passed\",upstream=\"api\"} 0.0",
              "upstream4j_probe_duration_seconds_sum{upstream=\"api\"} 0.0",
              "upstream4j_backends{upstream=\"api\"} 1.0",
              "upstream4j_generation{upstream=\"api\"}",
              "upstream4j_health_ignored{upstream=\"api\"} 0.0",
              "upstream4j_discovery_up{upstream=\"api\"} 1.0",
              "upstream4j_discovery_last_answer_timestamp_seconds{upstream=\"api\"}",
              "upstream4j_discovery_failures_total{upstream=\"api\"} 0.0",
              "upstream4j_backend_up" + backend + "} 1.0",
              "upstream4j_backend_circuit_closed" + backend + "} 1.0",
              "upstream4j_backend_circuit{backend=\""
                  + address
                  + "\",state=\"half_open\",upstream=\"api\"} 0.0",
              "upstream4j_backend_enabled" + backend + "} 1.0",
              "upstream4j_backend_admin_state{backend=\""
                  + address
                  + "\",state=\"enabled\",upstream=\"api\"} 1.0",
              "upstream4j_backend_weight" + backend + "} 1.0",
              "upstream4j_backend_in_flight" + backend + "} 0.0",
              "upstream4j_backend_requests_total" + backend + "} 7.0",
              "upstream4j_backend_failures_total" + backend + "} 0.0",
              "upstream4j_backend_latency_seconds_count" + backend + "} 7",
              "upstream4j_backend_connections_opened_total" + backend + "} 1.0",
              "upstream4j_backend_connections_failed_total" + backend + "} 0.0",
              "upstream4j_backend_connections_reused_total" + backend + "} 6.0",
              "upstream4j_backend_connections_closed_total{backend=\""
                  + address
                  + "\",reason=\"idle_timeout\",upstream=\"api\"} 0.0",
              "upstream4j_backend_connections_idle" + backend + "} 1.0",
              "upstream4j_backend_connections_in_use" + backend + "} 0.0",
              "upstream4j_backend_connections_pending" + backend + "} 0.0");
    }
    assertThat(prometheus.scrape()).doesNotContain("upstream4j");
  }

  @Test
  void manyThreadsMayReadWhileBackendsComeAndGo() throws Exception {
    String stays = server(200);
    load(yaml(stays));
    PrometheusMeterRegistry prometheus = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    Set<Throwable> failures = ConcurrentHashMap.newKeySet();
    try (UpstreamMetrics metrics =
        new UpstreamMetrics(upstreams, List.of(), Duration.ofMillis(1))) {
      metrics.bindTo(prometheus);
      metrics.bindTo(registry);
      List<Thread> readers =
          IntStream.range(0, 3)
              .mapToObj(
                  i ->
                      new Thread(
                          () -> {
                            for (int round = 0; round < 200; round++) {
                              prometheus.scrape();
                              for (Meter meter : registry.getMeters()) {
                                meter.measure().forEach(one -> one.getValue());
                              }
                            }
                          }))
              .toList();
      readers.forEach(
          reader -> {
            reader.setUncaughtExceptionHandler((thread, failure) -> failures.add(failure));
            reader.start();
          });
      for (int i = 0; i < 100; i++) {
        upstreams.put(
            "api",
            "test.yaml",
            "health_check: none\naddrs: [\"" + stays + "\", \"127.1.0." + (i % 10 + 1) + ":9\"]\n");
      }
      for (Thread reader : readers) {
        reader.join();
      }
    }
    assertThat(failures).isEmpty();
  }

  @Test
  void theExampleOfTheDocumentationRuns(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("upstreams.yaml");
    Files.writeString(file, yaml(server(204)));
    List<String> added = new ArrayList<>();
    registry.config().onMeterAdded(meter -> added.add(meter.getId().getName()));
    assertThat(Example.askOnce(file, registry)).isEqualTo(204);
    assertThat(added).contains("upstream4j.requests", "upstream4j.backend.up");
    assertThat(registry.getMeters()).isEmpty();
  }

  @Test
  void aRefreshWithoutTimeIsRefused() throws Exception {
    load(yaml(server(200)));
    assertThatThrownBy(() -> new UpstreamMetrics(upstreams, List.of(), Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("refresh: PT0S (expected: above 0)");
  }

  @Test
  void aGaugeAndACounterAreWhatTheyAreCalled() throws Exception {
    load(yaml(server(200)));
    try (UpstreamMetrics metrics = metrics()) {
      metrics.bindTo(registry);
      assertThat(registry.getMeters())
          .allSatisfy(
              meter ->
                  assertThat(meter)
                      .isInstanceOfAny(FunctionCounter.class, FunctionTimer.class, Gauge.class));
    }
  }

  @Test
  void theModuleExportsOnePackageAndNeedsTheCoreAndMicrometerAlone() {
    ModuleDescriptor module =
        ModuleFinder.of(Path.of("target", "classes"))
            .find("io.upstream4j.metrics.micrometer")
            .orElseThrow()
            .descriptor();
    assertThat(module.exports())
        .extracting(ModuleDescriptor.Exports::toString)
        .containsExactly("io.upstream4j.metrics.micrometer");
    assertThat(module.requires())
        .filteredOn(each -> !each.modifiers().contains(Modifier.STATIC))
        .extracting(ModuleDescriptor.Requires::name)
        .containsExactlyInAnyOrder("java.base", "io.upstream4j.core", "micrometer.core");
    assertThat(module.isOpen()).isFalse();
    assertThat(module.opens()).isEmpty();
  }
}
