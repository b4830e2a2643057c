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
 * Keeps the meters of one registry consistent with the current upstreams and backends. Not
 * thread-safe.
 */
final class Binding {
  private final MeterRegistry registry;
  private final Tags tags;
  private final Readings readings;
  private final Map<Key, Registered> registered = new HashMap<>();

  /**
   * Identifies a group of meters.
   *
   * @param upstream the name of the upstream; empty for meters without one
   * @param backend the address of the backend; empty for an upstream
   */
  private record Key(String upstream, String backend) {}

  /**
   * A registered group of meters.
   *
   * @param row the object that the meters read; a backend that left and returned has another one
   * @param shape determines which meters there are
   */
  private record Registered(Object row, Object shape, List<Meter.Id> meters) {}

  Binding(MeterRegistry registry, Tags tags, Readings readings) {
    this.registry = registry;
    this.tags = tags;
    this.readings = readings;
  }

  /** Registers meters of new upstreams and backends, and removes those of former ones. */
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

  /** Registers a group of meters unless it is registered with the same row and shape. */
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
        known.meters().forEach(registry::remove); // first, as the new ones have the same names
      }
      Meters<R> meters = new Meters<>(registry, named, row);
      // Remember the group first: if the registry refuses one meter, the others must be removable.
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
