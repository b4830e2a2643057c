package io.upstream4j.distribution.admin;

import com.fasterxml.jackson.core.JsonGenerator;
import io.upstream4j.core.BackendStats;
import io.upstream4j.core.Durations;
import io.upstream4j.core.Upstream;
import io.upstream4j.core.UpstreamStats;
import io.upstream4j.core.peer.CloseReason;
import io.upstream4j.core.peer.ConnectionStats;
import io.upstream4j.distribution.admin.RecentLatency.Since;
import io.upstream4j.distribution.gateway.GatewayStats;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Writes the state of upstreams and gateway as JSON. */
final class StatusJson {
  private static final double NANOS_PER_MILLI = 1e6;

  private StatusJson() {}

  /**
   * Everything.
   *
   * @param untold events that a webhook could not deliver
   * @param since what is recent; null when that is not known yet
   */
  static byte[] write(
      List<UpstreamStats> upstreams, GatewayStats gateway, long untold, @Nullable Since since) {
    return JsonText.object(
        json -> {
          writeGateway(json, gateway);
          json.writeNumberField("untold_events", untold);
          json.writeArrayFieldStart("upstreams");
          for (UpstreamStats upstream : upstreams) {
            json.writeStartObject();
            writeUpstream(json, upstream, since);
            json.writeEndObject();
          }
          json.writeEndArray();
        });
  }

  /** One upstream alone, as it is among all. */
  static byte[] write(Upstream upstream) {
    return JsonText.object(json -> writeUpstream(json, upstream.stats(), null));
  }

  /** One backend alone, as it is in its upstream. */
  static byte[] write(BackendStats backend) {
    return JsonText.object(json -> writeBackend(json, backend));
  }

  private static void writeGateway(JsonGenerator json, GatewayStats gateway) throws IOException {
    json.writeObjectFieldStart("gateway");
    json.writeNumberField("accepted", gateway.accepted());
    json.writeNumberField("connections", gateway.connections());
    json.writeNumberField("requests", gateway.requests());
    json.writeNumberField("active", gateway.active());
    json.writeObjectFieldStart("responses");
    json.writeNumberField("1xx", gateway.responses1xx());
    json.writeNumberField("2xx", gateway.responses2xx());
    json.writeNumberField("3xx", gateway.responses3xx());
    json.writeNumberField("4xx", gateway.responses4xx());
    json.writeNumberField("5xx", gateway.responses5xx());
    json.writeEndObject();
    json.writeNumberField("errors", gateway.errors());
    json.writeNumberField("retries", gateway.retries());
    json.writeNumberField("aborted", gateway.aborted());
    json.writeNumberField("broken", gateway.broken());
    json.writeNumberField("evicted", gateway.evicted());
    json.writeNumberField("refused", gateway.refused());
    json.writeNumberField("accept_pauses", gateway.acceptPauses());
    json.writeEndObject();
  }

  private static void writeUpstream(
      JsonGenerator json, UpstreamStats upstream, @Nullable Since since) throws IOException {
    json.writeStringField("name", upstream.name());
    json.writeNumberField("generation", upstream.generation());
    json.writeBooleanField("health_ignored", upstream.healthIgnored());
    json.writeStringField("last_answer", upstream.lastAnswer().map(Instant::toString).orElse(null));
    json.writeStringField("discovery_error", upstream.discoveryError().orElse(null));
    json.writeNumberField("requests", upstream.requests());
    json.writeNumberField("retries", upstream.retries());
    json.writeNumberField("refused", upstream.refused());
    writeLatency(json, upstream.latency());
    if (since != null) {
      writeRecent(json, since, since.of(upstream));
    }
    json.writeObjectFieldStart("strategy");
    for (Map.Entry<String, Long> counter : new TreeMap<>(upstream.strategy()).entrySet()) {
      json.writeNumberField(counter.getKey(), counter.getValue());
    }
    json.writeEndObject();
    json.writeArrayFieldStart("backends");
    for (BackendStats backend : upstream.backends()) {
      json.writeStartObject();
      writeBackend(json, backend);
      if (since != null) {
        writeRecent(json, since, since.of(upstream, backend));
      }
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  /** Those that there were: the page asks for this often, of all backends. */
  private static void writeClosings(JsonGenerator json, ConnectionStats connections)
      throws IOException {
    json.writeObjectFieldStart("closed_by");
    for (CloseReason reason : CloseReason.values()) {
      long count = connections.closings().getOrDefault(reason, 0L);
      if (count > 0) {
        json.writeNumberField(reason.name().toLowerCase(Locale.ROOT), count);
      }
    }
    json.writeEndObject();
  }

  private static void writeLatency(JsonGenerator json, Durations latency) throws IOException {
    json.writeObjectFieldStart("latency");
    writeQuantiles(json, latency);
    json.writeEndObject();
  }

  private static void writeRecent(JsonGenerator json, Since since, Durations latency)
      throws IOException {
    json.writeObjectFieldStart("recent_latency");
    json.writeNumberField("seconds", since.seconds());
    writeQuantiles(json, latency);
    json.writeEndObject();
  }

  private static void writeQuantiles(JsonGenerator json, Durations latency) throws IOException {
    json.writeNumberField("count", latency.count());
    json.writeNumberField("p50_ms", latency.quantileNanos(0.5) / NANOS_PER_MILLI);
    json.writeNumberField("p99_ms", latency.quantileNanos(0.99) / NANOS_PER_MILLI);
  }

  private static void writeBackend(JsonGenerator json, BackendStats backend) throws IOException {
    json.writeStringField("address", backend.backend().endpoint().toString());
    json.writeNumberField("weight", backend.backend().weight());
    json.writeStringField("state", backend.admin().name().toLowerCase(Locale.ROOT));
    json.writeFieldName("weight_override");
    if (backend.weightOverride().isPresent()) {
      json.writeNumber(backend.weightOverride().getAsInt());
    } else {
      json.writeNull();
    }
    json.writeBooleanField("healthy", backend.healthy());
    json.writeStringField("reason", backend.reason().orElse(null));
    json.writeStringField("since", backend.since().toString());
    json.writeBooleanField("circuit_closed", backend.circuitClosed());
    json.writeStringField("circuit", backend.circuit().name().toLowerCase(Locale.ROOT));
    json.writeNumberField("in_flight", backend.inFlight());
    json.writeNumberField("requests", backend.requests());
    json.writeNumberField("failures", backend.failures());
    writeLatency(json, backend.latency());
    ConnectionStats connections = backend.connections();
    json.writeObjectFieldStart("connections");
    json.writeNumberField("opened", connections.opened());
    json.writeNumberField("failed", connections.failed());
    json.writeNumberField("reused", connections.reused());
    json.writeNumberField("closed", connections.closed());
    writeClosings(json, connections);
    json.writeNumberField("idle", connections.idle());
    json.writeNumberField("in_use", connections.inUse());
    json.writeNumberField("pending", connections.pending());
    json.writeEndObject();
  }
}
