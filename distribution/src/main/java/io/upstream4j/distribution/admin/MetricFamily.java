package io.upstream4j.distribution.admin;

import static io.upstream4j.distribution.admin.MetricText.label;

import io.upstream4j.core.LiveBackend;
import io.upstream4j.core.LiveUpstream;
import io.upstream4j.core.config.StatsConfig;
import io.upstream4j.core.peer.ConnectionStats;
import io.upstream4j.core.stats.Durations;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;

/** The series of one name, for each upstream or each backend. */
sealed interface MetricFamily {
  String name();

  /** {@code counter}, {@code gauge}, {@code histogram} or {@code summary}. */
  String type();

  String help();

  /** Writes the samples of an upstream. */
  @FunctionalInterface
  interface UpstreamSamples {
    void write(MetricText text, String name, LiveUpstream upstream);
  }

  /** Writes the samples of a backend, all of which have its labels. */
  @FunctionalInterface
  interface BackendSamples {
    void write(MetricText text, String name, String labels, LiveBackend backend);
  }

  /** A family of upstreams. */
  record OfUpstreams(String name, String type, String help, UpstreamSamples samples)
      implements MetricFamily {}

  /**
   * A family of backends.
   *
   * @param shown whether an upstream's configuration enables the family
   */
  record OfBackends(
      String name, String type, String help, Predicate<StatsConfig> shown, BackendSamples samples)
      implements MetricFamily {}

  /** Creates a family with one sample per upstream. */
  static MetricFamily each(
      String name, String type, String help, ToLongFunction<LiveUpstream> value) {
    return new OfUpstreams(
        name,
        type,
        help,
        (text, family, upstream) ->
            text.line(family, label("upstream", upstream.name()), value.applyAsLong(upstream)));
  }

  /** Creates counters per upstream and kind, with a label for the kind. */
  static <E extends Enum<E>> MetricFamily eachOf(
      String name, String help, String label, Function<LiveUpstream, Map<E, Long>> counts) {
    return new OfUpstreams(
        name,
        "counter",
        help,
        (text, family, upstream) ->
            new TreeMap<>(counts.apply(upstream))
                .forEach(
                    (kind, count) ->
                        text.line(
                            family,
                            label("upstream", upstream.name()) + "," + label(label, word(kind)),
                            count)));
  }

  /** Creates a family with a histogram per upstream. */
  static MetricFamily histogram(
      String name, String help, Function<LiveUpstream, Durations> durations) {
    return new OfUpstreams(
        name,
        "histogram",
        help,
        (text, family, upstream) ->
            text.histogram(family, label("upstream", upstream.name()), durations.apply(upstream)));
  }

  /** Creates a family with one sample per backend. */
  static MetricFamily backend(
      String what, String type, String help, ToLongFunction<LiveBackend> value) {
    return new OfBackends(
        backendName(what),
        type,
        help,
        StatsConfig::backends,
        (text, family, labels, backend) -> text.line(family, labels, value.applyAsLong(backend)));
  }

  /**
   * Creates a family with a sample per backend and possible state, which is 1 for the current
   * state.
   */
  static <E extends Enum<E>> MetricFamily state(
      String what, String help, E[] states, Function<LiveBackend, E> state) {
    return new OfBackends(
        backendName(what),
        "gauge",
        help,
        StatsConfig::backends,
        (text, family, labels, backend) -> {
          E now = state.apply(backend);
          for (E one : states) {
            text.line(family, labels + "," + label("state", word(one)), one == now ? 1 : 0);
          }
        });
  }

  /** Creates a family with one sample of each backend's connections. */
  static MetricFamily connections(
      String what, String type, String help, ToLongFunction<ConnectionStats> value) {
    return new OfBackends(
        backendName(what),
        type,
        help,
        StatsConfig::connections,
        (text, family, labels, backend) ->
            text.line(family, labels, value.applyAsLong(backend.connections())));
  }

  static String backendName(String what) {
    return "upstream4j_backend_" + what;
  }

  /** Returns the value of a label. */
  static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
