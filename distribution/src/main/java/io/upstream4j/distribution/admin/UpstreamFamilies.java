package io.upstream4j.distribution.admin;

import static io.upstream4j.distribution.admin.MetricText.label;

import io.upstream4j.core.LiveBackend;
import io.upstream4j.core.LiveUpstream;
import io.upstream4j.core.config.StatsConfig;
import io.upstream4j.core.peer.CloseReason;
import io.upstream4j.core.peer.ConnectionStats;
import io.upstream4j.core.stats.AdminState;
import io.upstream4j.core.stats.CircuitState;
import io.upstream4j.core.stats.Durations;
import io.upstream4j.core.stats.ProbeStats;
import io.upstream4j.distribution.admin.MetricFamily.OfBackends;
import io.upstream4j.distribution.admin.MetricFamily.OfUpstreams;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The metric families of upstreams and backends. */
final class UpstreamFamilies {
  /** All families, in the order of the exposition. */
  static final List<MetricFamily> ALL =
      Stream.of(ofUpstreams(), ofBackends(), ofConnections()).flatMap(List::stream).toList();

  private UpstreamFamilies() {}

  private static List<MetricFamily> ofUpstreams() {
    return List.of(
        MetricFamily.each(
            "upstream4j_requests_total", "counter", "Requests.", LiveUpstream::requests),
        MetricFamily.each(
            "upstream4j_retries_total",
            "counter",
            "Tries beyond the first.",
            LiveUpstream::retries),
        MetricFamily.each(
            "upstream4j_retry_budget_exhausted_total",
            "counter",
            "Retries that the budget did not allow.",
            LiveUpstream::retriesExhausted),
        MetricFamily.eachOf(
            "upstream4j_refused_total",
            "Times that no backend could take a request, by reason.",
            "reason",
            LiveUpstream::refusals),
        MetricFamily.eachOf(
            "upstream4j_failures_total",
            "Tries that got no response, by kind.",
            "kind",
            LiveUpstream::failures),
        MetricFamily.histogram(
            "upstream4j_latency_seconds",
            "From the choice of a backend to the head of its response.",
            LiveUpstream::latency),
        MetricFamily.histogram(
            "upstream4j_try_duration_seconds",
            "From the choice of a backend to the end of its response, or to the failure.",
            LiveUpstream::duration),
        new OfUpstreams(
            "upstream4j_probes_total",
            "counter",
            "Probes of health checks, by result.",
            UpstreamFamilies::probes),
        new OfUpstreams(
            "upstream4j_probe_duration_seconds",
            "summary",
            "How long probes took.",
            UpstreamFamilies::probeDuration),
        MetricFamily.each(
            "upstream4j_backends", "gauge", "Backends there are.", LiveUpstream::size),
        MetricFamily.each(
            "upstream4j_generation",
            "gauge",
            "Changes of the set of backends.",
            LiveUpstream::generation),
        MetricFamily.each(
            "upstream4j_health_ignored",
            "gauge",
            "1 while so few backends are healthy that unhealthy ones get requests as well.",
            upstream -> upstream.healthIgnored() ? 1 : 0),
        MetricFamily.each(
            "upstream4j_discovery_up",
            "gauge",
            "1 while the discovery works.",
            upstream -> upstream.discoveryError().isEmpty() ? 1 : 0),
        MetricFamily.each(
            "upstream4j_discovery_last_answer_timestamp_seconds",
            "gauge",
            "When the discovery answered last; 0 before the first time.",
            upstream -> upstream.lastAnswer().map(Instant::getEpochSecond).orElse(0L)),
        MetricFamily.each(
            "upstream4j_discovery_failures_total",
            "counter",
            "Times that the discovery failed.",
            LiveUpstream::discoveryFailures),
        new OfUpstreams(
            "upstream4j_strategy_total",
            "counter",
            "What the strategy counts beside its picks.",
            UpstreamFamilies::strategy));
  }

  private static List<MetricFamily> ofBackends() {
    return List.of(
        MetricFamily.backend(
            "up",
            "gauge",
            "1 while the health check says so.",
            backend -> backend.healthy() ? 1 : 0),
        MetricFamily.backend(
            "circuit_closed",
            "gauge",
            "0 while it is ejected because too many requests failed.",
            backend -> backend.circuit() == CircuitState.CLOSED ? 1 : 0),
        MetricFamily.state(
            "circuit",
            "1 for the state of its circuit.",
            CircuitState.values(),
            LiveBackend::circuit),
        MetricFamily.backend(
            "enabled",
            "gauge",
            "0 while an operator has drained or disabled it.",
            backend -> backend.admin() == AdminState.ENABLED ? 1 : 0),
        MetricFamily.state(
            "admin_state",
            "1 for what an operator wants of it.",
            AdminState.values(),
            LiveBackend::admin),
        MetricFamily.backend(
            "weight", "gauge", "Its weight.", backend -> backend.backend().weight()),
        MetricFamily.backend("in_flight", "gauge", "Requests in flight.", LiveBackend::inFlight),
        MetricFamily.backend(
            "requests_total", "counter", "Requests it was given.", LiveBackend::requests),
        MetricFamily.backend(
            "failures_total", "counter", "Requests that got no response.", LiveBackend::failures),
        // A summary, because buckets would add two dozen series per backend.
        new OfBackends(
            MetricFamily.backendName("latency_seconds"),
            "summary",
            "From its choice to the head of its response.",
            StatsConfig::backends,
            (text, name, labels, backend) -> {
              Durations latency = backend.latency();
              text.sumAndCount(name, labels, latency.sumNanos(), latency.count());
            }));
  }

  private static List<MetricFamily> ofConnections() {
    return List.of(
        MetricFamily.connections(
            "connections_opened_total", "counter", "Connections opened.", ConnectionStats::opened),
        MetricFamily.connections(
            "connections_failed_total",
            "counter",
            "Connections that could not be opened.",
            ConnectionStats::failed),
        MetricFamily.connections(
            "connections_reused_total",
            "counter",
            "Times a pooled connection served another request.",
            ConnectionStats::reused),
        new OfBackends(
            MetricFamily.backendName("connections_closed_total"),
            "counter",
            "Connections closed, by reason.",
            StatsConfig::connections,
            UpstreamFamilies::closings),
        MetricFamily.connections(
            "connections_idle",
            "gauge",
            "Connections that wait for a request.",
            ConnectionStats::idle),
        MetricFamily.connections(
            "connections_in_use",
            "gauge",
            "Connections that serve a request.",
            ConnectionStats::inUse),
        MetricFamily.connections(
            "connections_pending",
            "gauge",
            "Requests that wait for a connection.",
            ConnectionStats::pending));
  }

  private static void probes(MetricText text, String name, LiveUpstream upstream) {
    ProbeStats probes = upstream.probes();
    String labels = label("upstream", upstream.name());
    text.line(name, labels + ",result=\"passed\"", probes.passed());
    text.line(name, labels + ",result=\"failed\"", probes.failed());
  }

  private static void probeDuration(MetricText text, String name, LiveUpstream upstream) {
    ProbeStats probes = upstream.probes();
    text.sumAndCount(
        name,
        label("upstream", upstream.name()),
        probes.nanos(),
        probes.passed() + probes.failed());
  }

  private static void strategy(MetricText text, String name, LiveUpstream upstream) {
    new TreeMap<>(upstream.strategy())
        .forEach(
            (event, count) ->
                text.line(
                    name, label("upstream", upstream.name()) + "," + label("event", event), count));
  }

  private static void closings(MetricText text, String name, String labels, LiveBackend backend) {
    Map<CloseReason, Long> closings = backend.connections().closings();
    for (CloseReason reason : CloseReason.values()) {
      text.line(
          name,
          labels + "," + label("reason", MetricFamily.word(reason)),
          closings.getOrDefault(reason, 0L));
    }
  }
}
