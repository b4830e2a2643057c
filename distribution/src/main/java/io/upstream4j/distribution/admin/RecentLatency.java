package io.upstream4j.distribution.admin;

import io.upstream4j.core.BackendStats;
import io.upstream4j.core.Durations;
import io.upstream4j.core.UpstreamStats;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Latency of the last minute: what was counted since a reading that is a minute old. Readings are
 * taken when the state is asked for, each ten seconds at most, and forgotten when nobody has asked
 * for two minutes; so what nobody looks at costs nothing. Thread-safe.
 */
final class RecentLatency {
  private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(60);
  private static final long STEP_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final Deque<Reading> readings = new ArrayDeque<>(); // the oldest first

  /**
   * Whose latency.
   *
   * @param backend its address; null for the upstream as a whole
   */
  private record Key(String upstream, @Nullable String backend) {}

  /** What was counted until a moment, of those that had counted anything. */
  private record Reading(long at, Map<Key, Counts> counts) {}

  /**
   * The counts of buckets, without the empty ones at either end: with thousands of backends the
   * whole would be too much to keep several times.
   */
  private static final class Counts {
    private final int from;
    private final long[] counts;
    private final long sumNanos;

    private Counts(int from, long[] counts, long sumNanos) {
      this.from = from;
      this.counts = counts;
      this.sumNanos = sumNanos;
    }

    static Counts of(Durations durations) {
      List<Long> all = durations.counts();
      int from = 0;
      int to = all.size();
      while (from < to && all.get(from) == 0) {
        from++;
      }
      while (to > from && all.get(to - 1) == 0) {
        to--;
      }
      long[] counts = new long[to - from];
      for (int i = 0; i < counts.length; i++) {
        counts[i] = all.get(from + i);
      }
      return new Counts(from, counts, durations.sumNanos());
    }

    long of(int bucket) {
      int index = bucket - from;
      return index < 0 || index >= counts.length ? 0 : counts[index];
    }
  }

  /** What came after a reading. */
  static final class Since {
    private final Reading reading;
    private final double seconds;

    private Since(Reading reading, double seconds) {
      this.reading = reading;
      this.seconds = seconds;
    }

    /** How long ago the reading was taken. */
    double seconds() {
      return seconds;
    }

    Durations of(UpstreamStats upstream) {
      return since(new Key(upstream.name(), null), upstream.latency());
    }

    Durations of(UpstreamStats upstream, BackendStats backend) {
      return since(key(upstream, backend), backend.latency());
    }

    private Durations since(Key key, Durations now) {
      Counts before = reading.counts().get(key);
      if (before == null) {
        return now;
      }
      List<Long> counts = new ArrayList<>(Durations.BUCKETS);
      for (int i = 0; i < Durations.BUCKETS; i++) {
        long count = now.counts().get(i) - before.of(i);
        if (count < 0) {
          return now; // another backend of the same address has begun anew
        }
        counts.add(count);
      }
      return new Durations(counts, now.sumNanos() - before.sumNanos);
    }
  }

  /**
   * Takes a reading if it is time for one.
   *
   * @param now of {@link System#nanoTime}
   * @return from about a minute ago, or less while there is nothing older; empty the first time
   */
  synchronized Optional<Since> look(List<UpstreamStats> all, long now) {
    Reading last = readings.peekLast();
    if (last != null && now - last.at() > 2 * WINDOW_NANOS) {
      readings.clear();
      last = null;
    }
    // The second one is old enough, too, and closer to a minute.
    while (readings.size() > 1 && now - second().at() >= WINDOW_NANOS) {
      readings.removeFirst();
    }
    Reading first = readings.peekFirst();
    if (last == null || now - last.at() >= STEP_NANOS) {
      readings.addLast(read(all, now));
    }
    return Optional.ofNullable(first).map(from -> new Since(from, (now - from.at()) / 1e9));
  }

  private Reading second() {
    var each = readings.iterator();
    each.next();
    return each.next();
  }

  private static Reading read(List<UpstreamStats> all, long now) {
    Map<Key, Counts> counts = new HashMap<>();
    for (UpstreamStats upstream : all) {
      put(counts, new Key(upstream.name(), null), upstream.latency());
      for (BackendStats backend : upstream.backends()) {
        put(counts, key(upstream, backend), backend.latency());
      }
    }
    return new Reading(now, counts);
  }

  private static void put(Map<Key, Counts> counts, Key key, Durations durations) {
    Counts compact = Counts.of(durations);
    if (compact.counts.length > 0) {
      counts.put(key, compact);
    }
  }

  private static Key key(UpstreamStats upstream, BackendStats backend) {
    return new Key(upstream.name(), backend.backend().endpoint().toString());
  }
}
