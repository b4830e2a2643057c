package io.upstream4j.metrics.micrometer;

import io.micrometer.core.instrument.Tags;
import io.upstream4j.core.config.StatsConfig;
import io.upstream4j.core.peer.CloseReason;
import io.upstream4j.core.peer.ConnectionStats;
import io.upstream4j.core.stats.AdminState;
import io.upstream4j.core.stats.CircuitState;
import io.upstream4j.metrics.micrometer.Readings.OfBackend;
import java.util.function.ToDoubleFunction;

/** The meters of one backend. */
final class BackendMeters {
  private BackendMeters() {}

  /**
   * Registers the meters that the configuration enables.
   *
   * @param shown the part of the configuration that enables them
   */
  static void register(Meters<OfBackend> meters, StatsConfig shown) {
    if (shown.backends()) {
      state(meters);
      requests(meters);
    }
    if (shown.connections()) {
      connections(meters);
    }
  }

  private static void state(Meters<OfBackend> meters) {
    meters
        .gauge(
            "upstream4j.backend.up",
            "1 while the health check says so",
            row -> row.stats().healthy() ? 1 : 0)
        .gauge(
            "upstream4j.backend.circuit.closed",
            "0 while it is ejected because too many requests failed",
            row -> row.stats().circuitClosed() ? 1 : 0)
        .gauge(
            "upstream4j.backend.enabled",
            "0 while an operator has drained or disabled it",
            row -> row.stats().admin() == AdminState.ENABLED ? 1 : 0)
        .gauge("upstream4j.backend.weight", "Its weight", row -> row.stats().backend().weight());
    for (CircuitState state : CircuitState.values()) {
      meters.gauge(
          "upstream4j.backend.circuit",
          "1 for the state of its circuit",
          Tags.of("state", UpstreamMeters.word(state)),
          row -> row.stats().circuit() == state ? 1 : 0);
    }
    for (AdminState state : AdminState.values()) {
      meters.gauge(
          "upstream4j.backend.admin.state",
          "1 for what an operator wants of it",
          Tags.of("state", UpstreamMeters.word(state)),
          row -> row.stats().admin() == state ? 1 : 0);
    }
  }

  private static void requests(Meters<OfBackend> meters) {
    meters
        .gauge("upstream4j.backend.in.flight", "Requests in flight", row -> row.stats().inFlight())
        .counter(
            "upstream4j.backend.requests", "Requests it was given", row -> row.stats().requests())
        .counter(
            "upstream4j.backend.failures",
            "Requests that got no response",
            row -> row.stats().failures())
        .timer(
            "upstream4j.backend.latency",
            "From its choice to the head of its response",
            row -> row.stats().latency().count(),
            row -> row.stats().latency().sumNanos());
  }

  private static void connections(Meters<OfBackend> meters) {
    meters
        .counter(
            "upstream4j.backend.connections.opened",
            "Connections opened",
            of(ConnectionStats::opened))
        .counter(
            "upstream4j.backend.connections.failed",
            "Connections that could not be opened",
            of(ConnectionStats::failed))
        .counter(
            "upstream4j.backend.connections.reused",
            "Times a pooled connection served another request",
            of(ConnectionStats::reused))
        .gauge(
            "upstream4j.backend.connections.idle",
            "Connections that wait for a request",
            of(ConnectionStats::idle))
        .gauge(
            "upstream4j.backend.connections.in.use",
            "Connections that serve a request",
            of(ConnectionStats::inUse))
        .gauge(
            "upstream4j.backend.connections.pending",
            "Requests that wait for a connection",
            of(ConnectionStats::pending));
    for (CloseReason reason : CloseReason.values()) {
      meters.counter(
          "upstream4j.backend.connections.closed",
          "Connections closed, by reason",
          Tags.of("reason", UpstreamMeters.word(reason)),
          of(stats -> stats.closings().getOrDefault(reason, 0L)));
    }
  }

  private static ToDoubleFunction<OfBackend> of(ToDoubleFunction<ConnectionStats> value) {
    return row -> value.applyAsDouble(row.stats().connections());
  }
}
