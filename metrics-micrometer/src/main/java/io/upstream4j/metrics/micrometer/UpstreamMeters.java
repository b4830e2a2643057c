package io.upstream4j.metrics.micrometer;

import io.micrometer.core.instrument.Tags;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.stats.Durations;
import io.upstream4j.core.stats.Refusal;
import io.upstream4j.core.stats.UpstreamStats;
import io.upstream4j.metrics.micrometer.Readings.OfUpstream;
import java.util.Locale;
import java.util.function.Function;

/** The meters of one upstream. */
final class UpstreamMeters {
  // As in /metrics, one bound per doubling; durations have four buckets per doubling.
  private static final int BUCKETS_OF_ONE = 4;

  private UpstreamMeters() {}

  static void register(Meters<OfUpstream> meters) {
    requests(meters);
    durations(
        meters,
        "upstream4j.latency",
        "From the choice of a backend to the head of its response",
        UpstreamStats::latency);
    durations(
        meters,
        "upstream4j.try.duration",
        "From the choice of a backend to the end of its response, or to the failure",
        UpstreamStats::duration);
    health(meters);
    for (String event : meters.row().stats().strategy().keySet()) {
      meters.counter(
          "upstream4j.strategy",
          "What the strategy counts beside its picks",
          Tags.of("event", event),
          row -> row.stats().strategy().getOrDefault(event, 0L));
    }
  }

  private static void requests(Meters<OfUpstream> meters) {
    meters
        .counter("upstream4j.requests", "Requests", row -> row.stats().requests())
        .counter("upstream4j.retries", "Tries beyond the first", row -> row.stats().retries())
        .counter(
            "upstream4j.retry.budget.exhausted",
            "Retries that the budget did not allow",
            row -> row.stats().retriesExhausted());
    for (Refusal reason : Refusal.values()) {
      meters.counter(
          "upstream4j.refused",
          "Times that no backend could take a request, by reason",
          Tags.of("reason", word(reason)),
          row -> row.stats().refusals().getOrDefault(reason, 0L));
    }
    for (PeerException.Failure kind : PeerException.Failure.values()) {
      meters.counter(
          "upstream4j.failures",
          "Tries that got no response, by kind",
          Tags.of("kind", word(kind)),
          row -> row.stats().failures().getOrDefault(kind, 0L));
    }
  }

  /**
   * Registers a timer and, for percentiles, a counter per bound of the durations up to that bound.
   */
  private static void durations(
      Meters<OfUpstream> meters,
      String name,
      String help,
      Function<UpstreamStats, Durations> durations) {
    meters.timer(
        name,
        help,
        row -> durations.apply(row.stats()).count(),
        row -> durations.apply(row.stats()).sumNanos());
    for (int last = BUCKETS_OF_ONE - 1; last < Durations.BUCKETS; last += BUCKETS_OF_ONE) {
      int bucket = last;
      meters.counter(
          name + ".histogram",
          help + ": those that took le seconds at most",
          Tags.of("le", Double.toString(Durations.boundNanos(bucket) / 1e9)),
          row -> upTo(durations.apply(row.stats()), bucket));
    }
    meters.counter(
        name + ".histogram",
        help + ": those that took le seconds at most",
        Tags.of("le", "+Inf"),
        row -> durations.apply(row.stats()).count());
  }

  private static long upTo(Durations durations, int last) {
    long sum = 0;
    for (int bucket = 0; bucket <= last; bucket++) {
      sum += durations.counts().get(bucket);
    }
    return sum;
  }

  private static void health(Meters<OfUpstream> meters) {
    String probes = "Probes of health checks, by result";
    meters
        .counter(
            "upstream4j.probes",
            probes,
            Tags.of("result", "passed"),
            row -> row.stats().probes().passed())
        .counter(
            "upstream4j.probes",
            probes,
            Tags.of("result", "failed"),
            row -> row.stats().probes().failed())
        .timer(
            "upstream4j.probe.duration",
            "How long probes took",
            row -> row.stats().probes().passed() + row.stats().probes().failed(),
            row -> row.stats().probes().nanos())
        .gauge("upstream4j.backends", "Backends there are", row -> row.stats().backends().size())
        .gauge(
            "upstream4j.generation",
            "Changes of the set of backends",
            row -> row.stats().generation())
        .gauge(
            "upstream4j.health.ignored",
            "1 while so few backends are healthy that unhealthy ones get requests as well",
            row -> row.stats().healthIgnored() ? 1 : 0)
        .gauge(
            "upstream4j.discovery.up",
            "1 while the discovery works",
            row -> row.stats().discoveryError().isEmpty() ? 1 : 0)
        .timestamp(
            "upstream4j.discovery.last.answer.timestamp",
            "When the discovery answered last; 0 before the first time",
            row -> row.stats().lastAnswer().map(time -> time.getEpochSecond()).orElse(0L))
        .counter(
            "upstream4j.discovery.failures",
            "Times that the discovery failed",
            row -> row.stats().discoveryFailures());
  }

  static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
