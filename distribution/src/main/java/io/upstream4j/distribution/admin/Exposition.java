package io.upstream4j.distribution.admin;

import static io.upstream4j.distribution.admin.MetricText.label;

import io.upstream4j.core.LiveBackend;
import io.upstream4j.core.LiveUpstream;
import io.upstream4j.core.Upstream;
import io.upstream4j.core.stats.ConfigStats;
import io.upstream4j.distribution.admin.MetricFamily.OfBackends;
import io.upstream4j.distribution.admin.MetricFamily.OfUpstreams;
import io.upstream4j.distribution.gateway.GatewayStats;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes the state of upstreams and the gateway in Prometheus' text format 0.0.4, one upstream or
 * backend at a time. A series ends with its backend.
 *
 * <p>The format requires all series of a family together, so each family iterates over all
 * upstreams, and a value is that of the moment of writing. The set of upstreams is fixed at the
 * start, and the backends of an upstream when a family reaches it.
 */
final class Exposition implements Pieces {
  static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  /** The state other than upstreams. */
  record Whole(
      GatewayStats gateway,
      ConfigStats config,
      long droppedEvents,
      long untoldEvents,
      long refusedConnections) {}

  private final MetricText text = new MetricText();
  private final List<Upstream> upstreams;
  private final Whole whole;
  // The next position: the family, the upstream in it, and the backend in that.
  private int family = -1;
  private int upstream;
  private int slot;
  private @Nullable LiveUpstream current; // the upstream whose backends are being written

  Exposition(Collection<Upstream> upstreams, Whole whole) {
    this.upstreams = List.copyOf(upstreams);
    this.whole = whole;
  }

  @Override
  public boolean next(OutputStream out) throws IOException {
    if (family < 0) {
      whole();
      family = 0;
    } else {
      MetricFamily now = UpstreamFamilies.ALL.get(family);
      if (upstream == 0 && current == null) {
        text.head(now.name(), now.type(), now.help());
      }
      if (upstream < upstreams.size()) {
        write(now);
      }
      if (upstream >= upstreams.size()) {
        family++;
        upstream = 0;
      }
    }
    text.moveTo(out);
    return family < UpstreamFamilies.ALL.size();
  }

  /** Writes one upstream or one of its backends, and advances. */
  private void write(MetricFamily now) {
    LiveUpstream live = current == null ? upstreams.get(upstream).live() : current;
    if (now instanceof OfUpstreams of) {
      of.samples().write(text, of.name(), live);
      upstream++;
    } else if (now instanceof OfBackends of) {
      int size = of.shown().test(live.shown()) ? live.size() : 0;
      if (slot < size) {
        LiveBackend backend = live.backend(slot);
        String labels =
            label("upstream", live.name())
                + ","
                + label("backend", backend.backend().endpoint().toString());
        of.samples().write(text, of.name(), labels, backend);
        slot++;
      }
      current = slot < size ? live : null;
      if (current == null) {
        slot = 0;
        upstream++;
      }
    }
  }

  private void whole() {
    gateway(whole.gateway());
    config(whole.config());
    single(
        "upstream4j_events_dropped_total",
        "counter",
        "Events that a listener was too slow for.",
        whole.droppedEvents());
    single(
        "upstream4j_webhook_undelivered_total",
        "counter",
        "Events that the webhook's receiver refused, or for which there was no room.",
        whole.untoldEvents());
    single(
        "upstream4j_admin_connections_refused_total",
        "counter",
        "Connections to the admin address that were refused because there were too many.",
        whole.refusedConnections());
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
        "upstream4j_gateway_memory_bytes", "gauge", "Bytes held for slow peers.", stats.memory());
    single(
        "upstream4j_gateway_memory_limit_bytes",
        "gauge",
        "Bytes that may be held for slow peers.",
        stats.memoryLimit());
    single(
        "upstream4j_gateway_shed_total",
        "counter",
        "Times that a connection had to give up requests, or got none, as memory was used up.",
        stats.shed());
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

  private void single(String name, String type, String help, long value) {
    text.head(name, type, help);
    text.line(name, "", value);
  }
}
