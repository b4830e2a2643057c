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
 * The statistics of all upstreams, taken anew when a meter is read and they are older than an age:
 * so hundreds of meters that are read together cost one look at the upstreams. Thread-safe.
 */
final class Readings {
  private final Upstreams upstreams;
  private final long ageNanos;

  // Held by whoever takes statistics. Others do not wait, but make do with the last ones: a
  // registry may read meters while it holds locks of its own.
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

  /** What is known of one upstream. The same object as long as it is there. */
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

    /** Those whose meters are wanted. */
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

  /** What is known of one backend. The same object as long as it is there. */
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

  /** A mere read of a counter, which needs no statistics. */
  long droppedEvents() {
    return upstreams.droppedEvents();
  }

  /** The upstreams there are, by name. */
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
