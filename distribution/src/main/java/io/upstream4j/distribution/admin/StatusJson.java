package io.upstream4j.distribution.admin;

import com.fasterxml.jackson.core.JsonGenerator;
import io.upstream4j.core.LiveUpstream;
import io.upstream4j.core.Upstream;
import io.upstream4j.core.peer.CloseReason;
import io.upstream4j.core.peer.ConnectionStats;
import io.upstream4j.core.stats.BackendStats;
import io.upstream4j.core.stats.Durations;
import io.upstream4j.distribution.admin.RecentLatency.Since;
import io.upstream4j.distribution.gateway.GatewayStats;
import java.io.IOException;
import java.time.Instant;
import java.util.Collection;
import java.util.Iterator;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes the state of upstreams and the gateway as JSON, one backend at a time. A value is that of
 * the moment of writing. The upstreams and their backends are read when they are reached.
 */
final class StatusJson implements JsonText.Parts {
  private static final double NANOS_PER_MILLI = 1e6;

  private final Iterator<Upstream> upstreams;
  private final JsonText.Writing head;
  private final Supplier<Optional<Since>> recent;
  private boolean begun;
  private @Nullable Since since;
  private @Nullable UpstreamParts current;

  private StatusJson(
      Collection<Upstream> upstreams, JsonText.Writing head, Supplier<Optional<Since>> recent) {
    this.upstreams = upstreams.iterator();
    this.head = head;
    this.recent = recent;
  }

  /**
   * Returns the complete state.
   *
   * @param upstreams the upstreams
   * @param untold the number of events that a webhook could not deliver
   * @param recent returns recent latencies; called by the worker
   */
  static Pieces of(
      Collection<Upstream> upstreams,
      GatewayStats gateway,
      long untold,
      Supplier<Optional<Since>> recent) {
    return JsonText.pieces(
        new StatusJson(
            upstreams,
            json -> {
              writeGateway(json, gateway);
              json.writeNumberField("untold_events", untold);
            },
            recent));
  }

  /** Returns the state of an upstream, in the same form as among all upstreams. */
  static Pieces of(Upstream upstream) {
    return JsonText.pieces(new UpstreamParts(upstream.live(), null));
  }

  /** Returns the state of a backend, in the same form as in its upstream. */
  static byte[] write(BackendStats backend) {
    return JsonText.object(json -> writeBackend(json, backend));
  }

  @Override
  public boolean next(JsonGenerator json) throws IOException {
    if (!begun) {
      begun = true;
      since = recent.get().orElse(null);
      head.to(json);
      json.writeArrayFieldStart("upstreams");
      return true;
    }
    UpstreamParts part = current;
    if (part == null) {
      if (!upstreams.hasNext()) {
        json.writeEndArray();
        return false;
      }
      part = new UpstreamParts(upstreams.next().live(), since);
      json.writeStartObject();
    }
    if (part.next(json)) {
      current = part;
    } else {
      current = null;
      json.writeEndObject();
    }
    return true;
  }

  /** Writes an upstream: its own statistics, then its backends. */
  private static final class UpstreamParts implements JsonText.Parts {
    private final LiveUpstream upstream;
    private final @Nullable Since since;
    private int slot = -1;

    UpstreamParts(LiveUpstream upstream, @Nullable Since since) {
      this.upstream = upstream;
      this.since = since;
    }

    @Override
    public boolean next(JsonGenerator json) throws IOException {
      if (slot < 0) {
        writeUpstream(json, upstream, since);
        json.writeArrayFieldStart("backends");
      } else {
        writeBackend(json);
      }
      slot++;
      if (slot < upstream.size()) {
        return true;
      }
      json.writeEndArray();
      return false;
    }

    private void writeBackend(JsonGenerator json) throws IOException {
      BackendStats backend = upstream.backend(slot).snapshot();
      json.writeStartObject();
      StatusJson.writeBackend(json, backend);
      if (since != null) {
        Optional<Durations> recent = since.of(upstream.name(), backend);
        if (recent.isPresent()) {
          writeRecent(json, since, recent.get());
        }
      }
      json.writeEndObject();
    }
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
    json.writeNumberField("shed", gateway.shed());
    json.writeNumberField("memory", gateway.memory());
    json.writeNumberField("memory_limit", gateway.memoryLimit());
    json.writeNumberField("evicted", gateway.evicted());
    json.writeNumberField("refused", gateway.refused());
    json.writeNumberField("accept_pauses", gateway.acceptPauses());
    json.writeEndObject();
  }

  private static void writeUpstream(
      JsonGenerator json, LiveUpstream upstream, @Nullable Since since) throws IOException {
    json.writeStringField("name", upstream.name());
    json.writeNumberField("generation", upstream.generation());
    json.writeBooleanField("health_ignored", upstream.healthIgnored());
    json.writeStringField("last_answer", upstream.lastAnswer().map(Instant::toString).orElse(null));
    json.writeStringField("discovery_error", upstream.discoveryError().orElse(null));
    json.writeNumberField("requests", upstream.requests());
    json.writeNumberField("retries", upstream.retries());
    json.writeNumberField("retries_exhausted", upstream.retriesExhausted());
    long refused = upstream.refusals().values().stream().mapToLong(Long::longValue).sum();
    json.writeNumberField("refused", refused);
    Durations latency = upstream.latency();
    writeLatency(json, latency);
    if (since != null) {
      writeRecent(json, since, since.of(upstream.name(), latency));
    }
    json.writeObjectFieldStart("strategy");
    for (Map.Entry<String, Long> counter : new TreeMap<>(upstream.strategy()).entrySet()) {
      json.writeNumberField(counter.getKey(), counter.getValue());
    }
    json.writeEndObject();
  }

  /** Writes reasons that have occurred only, because the page requests all backends often. */
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
