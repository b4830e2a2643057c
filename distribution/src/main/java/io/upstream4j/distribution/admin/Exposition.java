package io.upstream4j.distribution.admin;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.upstream4j.core.AdminState;
import io.upstream4j.core.BackendStats;
import io.upstream4j.core.UpstreamStats;
import io.upstream4j.core.config.StatsConfig;
import io.upstream4j.distribution.gateway.GatewayStats;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;

/**
 * Writes the state of upstreams and gateway for Prometheus, in its text format 0.0.4. A series ends
 * with its backend.
 */
final class Exposition {
  static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private final StringBuilder text = new StringBuilder(4_096);
  private final List<UpstreamStats> upstreams;

  private Exposition(List<UpstreamStats> upstreams) {
    this.upstreams = upstreams;
  }

  static byte[] write(List<UpstreamStats> upstreams, GatewayStats gateway) {
    Exposition exposition = new Exposition(upstreams);
    exposition.gateway(gateway);
    exposition.upstreams();
    exposition.backends();
    return exposition.text.toString().getBytes(UTF_8);
  }

  private void gateway(GatewayStats stats) {
    single(
        "upstream4j_gateway_connections", "gauge", "Open client connections.", stats.connections());
    single(
        "upstream4j_gateway_connections_accepted_total",
        "counter",
        "Client connections.",
        stats.accepted());
    single("upstream4j_gateway_requests_total", "counter", "Requests received.", stats.requests());
    single("upstream4j_gateway_requests_active", "gauge", "Requests being served.", stats.active());
    String name = "upstream4j_gateway_responses_total";
    head(name, "counter", "Responses sent, by class of status.");
    long[] classes = {
      stats.responses1xx(),
      stats.responses2xx(),
      stats.responses3xx(),
      stats.responses4xx(),
      stats.responses5xx()
    };
    for (int i = 0; i < classes.length; i++) {
      line(name, "code=\"" + (i + 1) + "xx\"", classes[i]);
    }
    single(
        "upstream4j_gateway_errors_total",
        "counter",
        "Responses that no backend gave.",
        stats.errors());
    single(
        "upstream4j_gateway_aborted_total",
        "counter",
        "Requests whose client left before the response was complete.",
        stats.aborted());
    single(
        "upstream4j_gateway_broken_total",
        "counter",
        "Responses that broke off after they had begun.",
        stats.broken());
  }

  private void upstreams() {
    each("upstream4j_requests_total", "counter", "Requests.", UpstreamStats::requests);
    each("upstream4j_retries_total", "counter", "Tries beyond the first.", UpstreamStats::retries);
    each(
        "upstream4j_refused_total",
        "counter",
        "Times that no backend could take a request.",
        UpstreamStats::refused);
    each("upstream4j_backends", "gauge", "Backends there are.", stats -> stats.backends().size());
    each(
        "upstream4j_generation",
        "gauge",
        "Changes of the set of backends.",
        UpstreamStats::generation);
    each(
        "upstream4j_health_ignored",
        "gauge",
        "1 while so few backends are healthy that unhealthy ones get requests as well.",
        stats -> stats.healthIgnored() ? 1 : 0);
    each(
        "upstream4j_discovery_up",
        "gauge",
        "1 while the discovery works.",
        stats -> stats.discoveryError().isEmpty() ? 1 : 0);
    each(
        "upstream4j_discovery_last_answer_timestamp_seconds",
        "gauge",
        "When the discovery answered last; 0 before the first time.",
        stats -> stats.lastAnswer().map(Instant::getEpochSecond).orElse(0L));
    String name = "upstream4j_strategy_total";
    head(name, "counter", "What the strategy counts beside its picks.");
    for (UpstreamStats stats : upstreams) {
      for (Map.Entry<String, Long> counter : new TreeMap<>(stats.strategy()).entrySet()) {
        line(
            name,
            label("upstream", stats.name()) + "," + label("event", counter.getKey()),
            counter.getValue());
      }
    }
  }

  private void backends() {
    ofBackend("up", "gauge", "1 while the health check says so.", stats -> stats.healthy() ? 1 : 0);
    ofBackend(
        "circuit_closed",
        "gauge",
        "0 while it is ejected because too many requests failed.",
        stats -> stats.circuitClosed() ? 1 : 0);
    ofBackend(
        "enabled",
        "gauge",
        "0 while an operator has drained or disabled it.",
        stats -> stats.admin() == AdminState.ENABLED ? 1 : 0);
    ofBackend("weight", "gauge", "Its weight.", stats -> stats.backend().weight());
    ofBackend("in_flight", "gauge", "Requests in flight.", BackendStats::inFlight);
    ofBackend("requests_total", "counter", "Requests it was given.", BackendStats::requests);
    ofBackend(
        "failures_total", "counter", "Requests that got no response.", BackendStats::failures);
    ofConnections(
        "connections_opened_total",
        "counter",
        "Connections opened.",
        stats -> stats.connections().opened());
    ofConnections(
        "connections_failed_total",
        "counter",
        "Connections that could not be opened.",
        stats -> stats.connections().failed());
    ofConnections(
        "connections_reused_total",
        "counter",
        "Times a pooled connection served another request.",
        stats -> stats.connections().reused());
    ofConnections(
        "connections_closed_total",
        "counter",
        "Connections closed.",
        stats -> stats.connections().closed());
    ofConnections(
        "connections_idle",
        "gauge",
        "Connections that wait for a request.",
        stats -> stats.connections().idle());
    ofConnections(
        "connections_in_use",
        "gauge",
        "Connections that serve a request.",
        stats -> stats.connections().inUse());
    ofConnections(
        "connections_pending",
        "gauge",
        "Requests that wait for a connection.",
        stats -> stats.connections().pending());
  }

  private void single(String name, String type, String help, long value) {
    head(name, type, help);
    line(name, "", value);
  }

  private void each(String name, String type, String help, ToLongFunction<UpstreamStats> value) {
    head(name, type, help);
    for (UpstreamStats stats : upstreams) {
      line(name, label("upstream", stats.name()), value.applyAsLong(stats));
    }
  }

  private void ofBackend(
      String what, String type, String help, ToLongFunction<BackendStats> value) {
    ofBackend(what, type, help, StatsConfig::backends, value);
  }

  private void ofConnections(
      String what, String type, String help, ToLongFunction<BackendStats> value) {
    ofBackend(what, type, help, StatsConfig::connections, value);
  }

  private void ofBackend(
      String what,
      String type,
      String help,
      Predicate<StatsConfig> shown,
      ToLongFunction<BackendStats> value) {
    String name = "upstream4j_backend_" + what;
    head(name, type, help);
    for (UpstreamStats upstream : upstreams) {
      if (!shown.test(upstream.shown())) {
        continue;
      }
      for (BackendStats stats : upstream.backends()) {
        String labels =
            label("upstream", upstream.name())
                + ","
                + label("backend", stats.backend().endpoint().toString());
        line(name, labels, value.applyAsLong(stats));
      }
    }
  }

  private void head(String name, String type, String help) {
    text.append("# HELP ").append(name).append(' ').append(help).append('\n');
    text.append("# TYPE ").append(name).append(' ').append(type).append('\n');
  }

  private void line(String name, String labels, long value) {
    text.append(name);
    if (!labels.isEmpty()) {
      text.append('{').append(labels).append('}');
    }
    text.append(' ').append(value).append('\n');
  }

  private static String label(String name, String value) {
    return name
        + "=\""
        + value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n")
        + "\"";
  }
}
