package io.upstream4j.metrics.micrometer;

import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.core.Upstream;
import io.upstream4j.core.Upstreams;
import io.upstream4j.core.stats.BackendStats;
import io.upstream4j.core.stats.ConfigStats;
import io.upstream4j.core.stats.UpstreamStats;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Caches the statistics of all upstreams. They are taken again when a meter is read and they exceed
 * an age, so that reading hundreds of meters together takes the statistics once. Thread-safe.
 */
final class Readings {
  private final Upstreams upstreams;
  private final long ageNanos;

  // Held while statistics are taken. Other threads do not wait but use the last statistics, because
  // a registry may read meters while it holds locks of its own.
  private final ReentrantLock taking = new ReentrantLock();
  private volatile long takenNanos;
  private volatile ConfigStats config;
  private volatile Map<String, OfUpstream> rows = Map.of();

  Readings(Upstreams upstreams, Duration age) {
    this.upstreams = upstreams;
    this.ageNanos = age.toNanos();
    this.config = upstreams.configStats();
    take();
  }

  /**
   * The statistics of one upstream. The object stays the same for as long as the upstream exists.
   */
  final class OfUpstream {
    private volatile UpstreamStats stats;
    private volatile Map<Endpoint, OfBackend> backends = Map.of();

    private OfUpstream(UpstreamStats stats) {
      this.stats = stats;
    }

    UpstreamStats stats() {
      freshen();
      return stats;
    }

    /** Returns the backends that have meters. */
    Map<Endpoint, OfBackend> backends() {
      return backends;
    }

    private void take(UpstreamStats now) {
      stats = now;
      Map<Endpoint, OfBackend> next = new LinkedHashMap<>();
      for (BackendStats backend : now.backends()) {
        Endpoint endpoint = backend.backend().endpoint();
        OfBackend row = backends.get(endpoint);
        if (row == null) {
          row = new OfBackend(backend);
        }
        row.stats = backend;
        next.put(endpoint, row);
      }
      backends = next;
    }
  }

  /** The statistics of one backend. The object stays the same for as long as the backend exists. */
  final class OfBackend {
    private volatile BackendStats stats;

    private OfBackend(BackendStats stats) {
      this.stats = stats;
    }

    BackendStats stats() {
      freshen();
      return stats;
    }
  }

  ConfigStats config() {
    freshen();
    return config;
  }

  /** Reads the counter directly, without taking statistics. */
  long droppedEvents() {
    return upstreams.droppedEvents();
  }

  /** Returns the current upstreams by name. */
  Map<String, OfUpstream> upstreams() {
    freshen();
    return rows;
  }

  private void freshen() {
    if (System.nanoTime() - takenNanos >= ageNanos && taking.tryLock()) {
      try {
        if (System.nanoTime() - takenNanos >= ageNanos) {
          take();
        }
      } finally {
        taking.unlock();
      }
    }
  }

  private void take() {
    Map<String, OfUpstream> next = new LinkedHashMap<>();
    for (Upstream upstream : upstreams.all()) {
      UpstreamStats stats = upstream.stats();
      OfUpstream row = rows.get(stats.name());
      if (row == null) {
        row = new OfUpstream(stats);
      }
      row.take(stats);
      next.put(stats.name(), row);
    }
    config = upstreams.configStats();
    rows = next;
    takenNanos = System.nanoTime();
  }
}
