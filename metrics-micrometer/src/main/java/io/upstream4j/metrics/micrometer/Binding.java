package io.upstream4j.metrics.micrometer;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.core.config.StatsConfig;
import io.upstream4j.core.stats.UpstreamStats;
import io.upstream4j.metrics.micrometer.Readings.OfBackend;
import io.upstream4j.metrics.micrometer.Readings.OfUpstream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Keeps the meters of one registry in step with the upstreams and backends there are. For one
 * thread at a time.
 */
final class Binding {
  private final MeterRegistry registry;
  private final Tags tags;
  private final Readings readings;
  private final Map<Key, Registered> registered = new HashMap<>();

  /**
   * What has meters of its own.
   *
   * @param upstream its name; empty for what belongs to none
   * @param backend its address; empty for an upstream
   */
  private record Key(String upstream, String backend) {}

  /**
   * What was registered for it.
   *
   * @param row that the meters read: not equal to that of what has gone and returned
   * @param shape which meters there are
   */
  private record Registered(Object row, Object shape, List<Meter.Id> meters) {}

  Binding(MeterRegistry registry, Tags tags, Readings readings) {
    this.registry = registry;
    this.tags = tags;
    this.readings = readings;
  }

  /** Registers meters of what has come, and removes those of what has gone. */
  void update() {
    Map<Key, Registered> wanted = new HashMap<>();
    want(wanted, new Key("", ""), readings, "", tags, ConfigMeters::register);
    for (Map.Entry<String, OfUpstream> upstream : readings.upstreams().entrySet()) {
      String name = upstream.getKey();
      OfUpstream row = upstream.getValue();
      UpstreamStats stats = row.stats();
      Tags named = tags.and("upstream", name);
      Object events = stats.strategy().keySet();
      want(wanted, new Key(name, ""), row, events, named, UpstreamMeters::register);
      StatsConfig shown = stats.shown();
      if (!shown.backends() && !shown.connections()) {
        continue;
      }
      for (Map.Entry<Endpoint, OfBackend> backend : row.backends().entrySet()) {
        String address = backend.getKey().toString();
        want(
            wanted,
            new Key(name, address),
            backend.getValue(),
            shown,
            named.and("backend", address),
            meters -> BackendMeters.register(meters, shown));
      }
    }
    removeUnless(wanted);
  }

  /** Keeps what is registered if it is what is wanted, or else registers it. */
  private <R> void want(
      Map<Key, Registered> wanted,
      Key key,
      R row,
      Object shape,
      Tags named,
      Consumer<Meters<R>> register) {
    Registered known = registered.get(key);
    if (known == null || !known.row().equals(row) || !known.shape().equals(shape)) {
      if (known != null) {
        known.meters().forEach(registry::remove); // first: the new ones have the same names
      }
      Meters<R> meters = new Meters<>(registry, named, row);
      // Remembered before: if the registry refuses one of them, the others are to be removed.
      known = new Registered(row, shape, meters.registered());
      registered.put(key, known);
      register.accept(meters);
    }
    wanted.put(key, known);
  }

  private void removeUnless(Map<Key, Registered> wanted) {
    Iterator<Map.Entry<Key, Registered>> all = registered.entrySet().iterator();
    while (all.hasNext()) {
      Map.Entry<Key, Registered> one = all.next();
      if (!wanted.containsKey(one.getKey())) {
        all.remove();
        one.getValue().meters().forEach(registry::remove);
      }
    }
  }

  /** Removes all meters. */
  void remove() {
    for (Registered one : new ArrayList<>(registered.values())) {
      one.meters().forEach(registry::remove);
    }
    registered.clear();
  }
}
