package io.upstream4j.distribution.admin;

import static io.upstream4j.distribution.admin.MetricText.label;

import io.upstream4j.core.AdminState;
import io.upstream4j.core.BackendStats;
import io.upstream4j.core.CircuitState;
import io.upstream4j.core.ConfigStats;
import io.upstream4j.core.Durations;
import io.upstream4j.core.ProbeStats;
import io.upstream4j.core.UpstreamStats;
import io.upstream4j.core.config.StatsConfig;
import io.upstream4j.core.peer.CloseReason;
import io.upstream4j.distribution.gateway.GatewayStats;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;

/**
 * Writes the state of upstreams and gateway for Prometheus, in its text format 0.0.4. A series ends
 * with its backend.
 */
final class Exposition {
  static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private final MetricText text = new MetricText();
  private final List<UpstreamStats> upstreams;

  private Exposition(List<UpstreamStats> upstreams) {
    this.upstreams = upstreams;
  }

  static byte[] write(
      List<UpstreamStats> upstreams,
      GatewayStats gateway,
      ConfigStats config,
      long droppedEvents,
      long untoldEvents) {
    Exposition exposition = new Exposition(upstreams);
    exposition.gateway(gateway);
    exposition.config(config);
    exposition.single(
        "upstream4j_events_dropped_total",
        "counter",
        "Events that a listener was too slow for.",
        droppedEvents);
    exposition.single(
        "upstream4j_webhook_undelivered_total",
        "counter",
        "Events that the webhook's receiver refused, or for which there was no room.",
        untoldEvents);
    exposition.upstreams();
    exposition.backends();
    return exposition.text.bytes();
  }

  private void gateway(GatewayStats stats) {
    single(
        "upstream4j_gateway_connections", "gauge", "Open client connections.", stats.connections());
    single(
        "upstream4j_gateway_connections_accepted_total",
        "counter",
        "Client connections.",
        stats.accepted());
    single(
        "upstream4j_gateway_connections_evicted_total",
        "counter",
        "Idle client connections that were closed to make room for others.",
        stats.evicted());
    single(
        "upstream4j_gateway_connections_refused_total",
        "counter",
        "Client connections that were closed at once, as too many waited for room.",
        stats.refused());
    single(
        "upstream4j_gateway_accept_pauses_total",
        "counter",
        "Times that a listener stopped accepting clients for lack of room.",
        stats.acceptPauses());
    single("upstream4j_gateway_requests_total", "counter", "Requests received.", stats.requests());
    single("upstream4j_gateway_requests_active", "gauge", "Requests being served.", stats.active());
    String name = "upstream4j_gateway_responses_total";
    text.head(name, "counter", "Responses sent, by class of status.");
    long[] classes = {
      stats.responses1xx(),
      stats.responses2xx(),
      stats.responses3xx(),
      stats.responses4xx(),
      stats.responses5xx()
    };
    for (int i = 0; i < classes.length; i++) {
      text.line(name, "code=\"" + (i + 1) + "xx\"", classes[i]);
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
    single(
        "upstream4j_gateway_unlogged_total",
        "counter",
        "Requests that are missing in the access log.",
        stats.unlogged());
  }

  private void config(ConfigStats stats) {
    single(
        "upstream4j_config_applied_total",
        "counter",
        "Configurations that took effect, the first among them.",
        stats.applied());
    single(
        "upstream4j_config_refused_total",
        "counter",
        "Configurations that were refused, so that the one before stays.",
        stats.refused());
    single(
        "upstream4j_config_last_applied_timestamp_seconds",
        "gauge",
        "When a configuration took effect last.",
        stats.lastApplied().map(Instant::getEpochSecond).orElse(0L));
  }

  private void upstreams() {
    each("upstream4j_requests_total", "counter", "Requests.", UpstreamStats::requests);
    each("upstream4j_retries_total", "counter", "Tries beyond the first.", UpstreamStats::retries);
    eachOf(
        "upstream4j_refused_total",
        "Times that no backend could take a request, by reason.",
        "reason",
        UpstreamStats::refusals);
    eachOf(
        "upstream4j_failures_total",
        "Tries that got no response, by kind.",
        "kind",
        UpstreamStats::failures);
    histogram(
        "upstream4j_latency_seconds",
        "From the choice of a backend to the head of its response.",
        UpstreamStats::latency);
    histogram(
        "upstream4j_try_duration_seconds",
        "From the choice of a backend to the end of its response, or to the failure.",
        UpstreamStats::duration);
    probes();
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
    each(
        "upstream4j_discovery_failures_total",
        "counter",
        "Times that the discovery failed.",
        UpstreamStats::discoveryFailures);
    strategies();
  }

  private void probes() {
    String name = "upstream4j_probes_total";
    text.head(name, "counter", "Probes of health checks, by result.");
    for (UpstreamStats stats : upstreams) {
      String upstream = label("upstream", stats.name());
      text.line(name, upstream + ",result=\"passed\"", stats.probes().passed());
      text.line(name, upstream + ",result=\"failed\"", stats.probes().failed());
    }
    String duration = "upstream4j_probe_duration_seconds";
    text.head(duration, "summary", "How long probes took.");
    for (UpstreamStats stats : upstreams) {
      ProbeStats probes = stats.probes();
      text.sumAndCount(
          duration,
          label("upstream", stats.name()),
          probes.nanos(),
          probes.passed() + probes.failed());
    }
  }

  private void strategies() {
    String name = "upstream4j_strategy_total";
    text.head(name, "counter", "What the strategy counts beside its picks.");
    for (UpstreamStats stats : upstreams) {
      for (Map.Entry<String, Long> counter : new TreeMap<>(stats.strategy()).entrySet()) {
        text.line(
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
    stateOfBackend(
        "circuit", "1 for the state of its circuit.", CircuitState.values(), BackendStats::circuit);
    ofBackend(
        "enabled",
        "gauge",
        "0 while an operator has drained or disabled it.",
        stats -> stats.admin() == AdminState.ENABLED ? 1 : 0);
    stateOfBackend(
        "admin_state",
        "1 for what an operator wants of it.",
        AdminState.values(),
        BackendStats::admin);
    ofBackend("weight", "gauge", "Its weight.", stats -> stats.backend().weight());
    ofBackend("in_flight", "gauge", "Requests in flight.", BackendStats::inFlight);
    ofBackend("requests_total", "counter", "Requests it was given.", BackendStats::requests);
    ofBackend(
        "failures_total", "counter", "Requests that got no response.", BackendStats::failures);
    latencyOfBackends();
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
    closings();
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

  private <E extends Enum<E>> void eachOf(
      String name, String help, String label, Function<UpstreamStats, Map<E, Long>> counts) {
    text.head(name, "counter", help);
    for (UpstreamStats stats : upstreams) {
      for (Map.Entry<E, Long> count : new TreeMap<>(counts.apply(stats)).entrySet()) {
        text.line(
            name,
            label("upstream", stats.name()) + "," + label(label, word(count.getKey())),
            count.getValue());
      }
    }
  }

  private static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  private void histogram(String name, String help, Function<UpstreamStats, Durations> durations) {
    text.head(name, "histogram", help);
    for (UpstreamStats stats : upstreams) {
      text.histogram(name, label("upstream", stats.name()), durations.apply(stats));
    }
  }

  private <E extends Enum<E>> void stateOfBackend(
      String what, String help, E[] states, Function<BackendStats, E> state) {
    String name = "upstream4j_backend_" + what;
    text.head(name, "gauge", help);
    forBackends(
        StatsConfig::backends,
        (labels, stats) -> {
          for (E one : states) {
            text.line(
                name, labels + "," + label("state", word(one)), one == state.apply(stats) ? 1 : 0);
          }
        });
  }

  private void closings() {
    String name = "upstream4j_backend_connections_closed_total";
    text.head(name, "counter", "Connections closed, by reason.");
    forBackends(
        StatsConfig::connections,
        (labels, stats) -> {
          Map<CloseReason, Long> closings = stats.connections().closings();
          for (CloseReason reason : CloseReason.values()) {
            text.line(
                name,
                labels + "," + label("reason", word(reason)),
                closings.getOrDefault(reason, 0L));
          }
        });
  }

  /** Without buckets, of which each backend would make two dozen series. */
  private void latencyOfBackends() {
    String name = "upstream4j_backend_latency_seconds";
    text.head(name, "summary", "From its choice to the head of its response.");
    forBackends(
        StatsConfig::backends,
        (labels, stats) ->
            text.sumAndCount(name, labels, stats.latency().sumNanos(), stats.latency().count()));
  }

  private void single(String name, String type, String help, long value) {
    text.head(name, type, help);
    text.line(name, "", value);
  }

  private void each(String name, String type, String help, ToLongFunction<UpstreamStats> value) {
    text.head(name, type, help);
    for (UpstreamStats stats : upstreams) {
      text.line(name, label("upstream", stats.name()), value.applyAsLong(stats));
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
    text.head(name, type, help);
    forBackends(shown, (labels, stats) -> text.line(name, labels, value.applyAsLong(stats)));
  }

  private void forBackends(Predicate<StatsConfig> shown, BiConsumer<String, BackendStats> write) {
    for (UpstreamStats upstream : upstreams) {
      if (!shown.test(upstream.shown())) {
        continue;
      }
      for (BackendStats stats : upstream.backends()) {
        write.accept(
            label("upstream", upstream.name())
                + ","
                + label("backend", stats.backend().endpoint().toString()),
            stats);
      }
    }
  }
}
