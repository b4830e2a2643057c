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

/** Series of one name: of each upstream, or of each backend. */
sealed interface MetricFamily {
  String name();

  /** {@code counter}, {@code gauge}, {@code histogram} or {@code summary}. */
  String type();

  String help();

  /** Writes the samples of one upstream. */
  @FunctionalInterface
  interface UpstreamSamples {
    void write(MetricText text, String name, LiveUpstream upstream);
  }

  /** Writes the samples of one backend, which all have its labels. */
  @FunctionalInterface
  interface BackendSamples {
    void write(MetricText text, String name, String labels, LiveBackend backend);
  }

  /** Of each upstream. */
  record OfUpstreams(String name, String type, String help, UpstreamSamples samples)
      implements MetricFamily {}

  /**
   * Of each backend.
   *
   * @param shown whether the configuration of an upstream wants them
   */
  record OfBackends(
      String name, String type, String help, Predicate<StatsConfig> shown, BackendSamples samples)
      implements MetricFamily {}

  /** One sample of each upstream. */
  static MetricFamily each(
      String name, String type, String help, ToLongFunction<LiveUpstream> value) {
    return new OfUpstreams(
        name,
        type,
        help,
        (text, family, upstream) ->
            text.line(family, label("upstream", upstream.name()), value.applyAsLong(upstream)));
  }

  /** A counter of each upstream for each kind of thing, which is told by a label. */
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

  /** A histogram of each upstream. */
  static MetricFamily histogram(
      String name, String help, Function<LiveUpstream, Durations> durations) {
    return new OfUpstreams(
        name,
        "histogram",
        help,
        (text, family, upstream) ->
            text.histogram(family, label("upstream", upstream.name()), durations.apply(upstream)));
  }

  /** One sample of each backend. */
  static MetricFamily backend(
      String what, String type, String help, ToLongFunction<LiveBackend> value) {
    return new OfBackends(
        backendName(what),
        type,
        help,
        StatsConfig::backends,
        (text, family, labels, backend) -> text.line(family, labels, value.applyAsLong(backend)));
  }

  /** A sample of each backend for each state that it may have, 1 for the one that it has. */
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

  /** One sample of the connections of each backend. */
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

  /** The value of a label. */
  static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
