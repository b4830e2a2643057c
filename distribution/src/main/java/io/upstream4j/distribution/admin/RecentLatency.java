package io.upstream4j.distribution.admin;

import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.core.LiveBackend;
import io.upstream4j.core.LiveUpstream;
import io.upstream4j.core.stats.BackendStats;
import io.upstream4j.core.stats.Durations;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Latency of the last minute: the counts since a reading that is about a minute old. Readings are
 * taken when the state is requested, at most every ten seconds, and dropped when nobody has asked
 * for two minutes, so that unused latencies cost nothing. Thread-safe.
 *
 * <p>At most eight readings of {@link #MAX_READING_BYTES} each are kept, 16 MiB in all, which
 * suffices for about ten thousand busy backends. Backends beyond that have no recent latency, only
 * their upstreams.
 */
final class RecentLatency {
  private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(60);
  private static final long STEP_NANOS = TimeUnit.SECONDS.toNanos(10);

  private static final long MAX_READING_BYTES = 2L << 20;

  /** The memory of a backend in a reading, other than its counts: key, map entry and objects. */
  private static final int ENTRY_BYTES = 136;

  private final Deque<Reading> readings = new ArrayDeque<>(); // oldest first

  /**
   * Identifies a latency.
   *
   * @param backend the address of a backend; null for the upstream as a whole
   */
  private record Key(String upstream, @Nullable Endpoint backend) {}

  /**
   * The counts at one moment. Leaves out upstreams and backends without any.
   *
   * @param complete whether it has all backends, as opposed to those that fit
   */
  private record Reading(long at, Map<Key, Counts> counts, boolean complete) {}

  /**
   * Bucket counts without the empty buckets at both ends, because thousands of backends with all
   * buckets would take too much memory.
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

  /** The difference between now and a reading. */
  static final class Since {
    private final Reading reading;
    private final double seconds;

    private Since(Reading reading, double seconds) {
      this.reading = reading;
      this.seconds = seconds;
    }

    /** Returns the age of the reading in seconds. */
    double seconds() {
      return seconds;
    }

    /** Returns the recent latency of an upstream with this current latency. */
    Durations of(String upstream, Durations now) {
      return since(new Key(upstream, null), now);
    }

    /** Returns the recent latency of a backend; empty when it did not fit into the reading. */
    Optional<Durations> of(String upstream, BackendStats now) {
      Key key = new Key(upstream, now.backend().endpoint());
      return reading.complete() || reading.counts().containsKey(key)
          ? Optional.of(since(key, now.latency()))
          : Optional.empty();
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
          return now; // the backend left and returned, so its counts restarted
        }
        counts.add(count);
      }
      return new Durations(counts, now.sumNanos() - before.sumNanos);
    }
  }

  /**
   * Takes a reading if one is due.
   *
   * @param now the time of {@link System#nanoTime}
   * @return the difference to a reading that is about a minute old, or newer if there is none;
   *     empty the first time
   */
  synchronized Optional<Since> look(Collection<LiveUpstream> all, long now) {
    Reading last = readings.peekLast();
    if (last != null && now - last.at() > 2 * WINDOW_NANOS) {
      readings.clear();
      last = null;
    }
    // If the second one is old enough, it is closer to a minute.
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

  private static Reading read(Collection<LiveUpstream> all, long now) {
    Map<Key, Counts> counts = new HashMap<>();
    long room = MAX_READING_BYTES;
    for (LiveUpstream upstream : all) {
      room -= put(counts, new Key(upstream.name(), null), upstream.latency());
    }
    for (LiveUpstream upstream : all) {
      for (int slot = 0; slot < upstream.size(); slot++) {
        if (room < 0) {
          return new Reading(now, counts, false);
        }
        LiveBackend backend = upstream.backend(slot);
        Key key = new Key(upstream.name(), backend.backend().endpoint());
        room -= put(counts, key, backend.latency());
      }
    }
    return new Reading(now, counts, true);
  }

  /** Adds counts. Returns the number of bytes that they take. */
  private static long put(Map<Key, Counts> counts, Key key, Durations durations) {
    Counts compact = Counts.of(durations);
    if (compact.counts.length == 0) {
      return 0;
    }
    counts.put(key, compact);
    return ENTRY_BYTES + 8L * compact.counts.length;
  }
}
