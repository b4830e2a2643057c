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
 * Latency of the last minute: what was counted since a reading that is a minute old. Readings are
 * taken when the state is asked for, each ten seconds at most, and forgotten when nobody has asked
 * for two minutes; so what nobody looks at costs nothing. Thread-safe.
 *
 * <p>Eight readings are kept at most, of {@link #MAX_READING_BYTES} each: 16 MiB in all, which some
 * ten thousand busy backends fill. Of those beyond, only their upstreams' latency is known.
 */
final class RecentLatency {
  private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(60);
  private static final long STEP_NANOS = TimeUnit.SECONDS.toNanos(10);

  private static final long MAX_READING_BYTES = 2L << 20;

  /** Of a reading for one backend, beside its counts: key, entry of the map, and objects. */
  private static final int ENTRY_BYTES = 136;

  private final Deque<Reading> readings = new ArrayDeque<>(); // the oldest first

  /**
   * Whose latency.
   *
   * @param backend its address; null for the upstream as a whole
   */
  private record Key(String upstream, @Nullable Endpoint backend) {}

  /**
   * What was counted until a moment, of those that had counted anything.
   *
   * @param complete whether all backends are there, rather than as many as there is room for
   */
  private record Reading(long at, Map<Key, Counts> counts, boolean complete) {}

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

    /** Of an upstream whose latency is this now. */
    Durations of(String upstream, Durations now) {
      return since(new Key(upstream, null), now);
    }

    /** Of a backend; empty when there was no room for it in the reading. */
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
  synchronized Optional<Since> look(Collection<LiveUpstream> all, long now) {
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

  /** Returns how many bytes that takes. */
  private static long put(Map<Key, Counts> counts, Key key, Durations durations) {
    Counts compact = Counts.of(durations);
    if (compact.counts.length == 0) {
      return 0;
    }
    counts.put(key, compact);
    return ENTRY_BYTES + 8L * compact.counts.length;
  }
}
