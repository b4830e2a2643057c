package io.upstream4j.metrics.micrometer;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/**
 * Registers meters that read one row, and collects their ids.
 *
 * @param <T> the type of the row, which must stay reachable while the meters are registered
 */
final class Meters<T> {
  private final MeterRegistry registry;
  private final Tags tags;
  private final T row;
  private final List<Meter.Id> registered = new ArrayList<>();

  Meters(MeterRegistry registry, Tags tags, T row) {
    this.registry = registry;
    this.tags = tags;
    this.row = row;
  }

  T row() {
    return row;
  }

  List<Meter.Id> registered() {
    return registered;
  }

  Meters<T> counter(String name, String help, ToDoubleFunction<T> value) {
    return counter(name, help, Tags.empty(), value);
  }

  Meters<T> counter(String name, String help, Tags more, ToDoubleFunction<T> value) {
    return add(
        FunctionCounter.builder(name, row, value)
            .tags(tags.and(more))
            .description(help)
            .register(registry));
  }

  Meters<T> gauge(String name, String help, ToDoubleFunction<T> value) {
    return gauge(name, help, Tags.empty(), value);
  }

  Meters<T> gauge(String name, String help, Tags more, ToDoubleFunction<T> value) {
    return add(
        Gauge.builder(name, row, value)
            .tags(tags.and(more))
            .description(help)
            .strongReference(true)
            .register(registry));
  }

  /** Registers a point in time, in seconds since 1970. */
  Meters<T> timestamp(String name, String help, ToDoubleFunction<T> seconds) {
    return add(
        TimeGauge.builder(name, row, TimeUnit.SECONDS, seconds)
            .tags(tags)
            .description(help)
            .strongReference(true)
            .register(registry));
  }

  Meters<T> timer(
      String name, String help, ToLongFunction<T> count, ToDoubleFunction<T> totalNanos) {
    return add(
        FunctionTimer.builder(name, row, count, totalNanos, TimeUnit.NANOSECONDS)
            .tags(tags)
            .description(help)
            .register(registry));
  }

  private Meters<T> add(Meter meter) {
    registered.add(meter.getId());
    return this;
  }
}
