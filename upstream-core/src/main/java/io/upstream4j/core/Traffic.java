package io.upstream4j.core;

import io.upstream4j.core.peer.PeerException.Failure;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * What an upstream counts beside its backends, so that nothing is lost when one of them goes.
 * Written by any thread, without locks and without allocating; about 7 KB.
 */
final class Traffic {
  private static final int STRIPES = 4;
  private static final Failure[] FAILURES = Failure.values();
  private static final Refusal[] REFUSALS = Refusal.values();

  private final DurationHistogram heads = new DurationHistogram(STRIPES);
  private final DurationHistogram tries = new DurationHistogram(STRIPES);
  private final LongAdder[] failures = adders(FAILURES.length);
  private final LongAdder[] refusals = adders(REFUSALS.length);
  private final LongAdder probesPassed = new LongAdder();
  private final LongAdder probesFailed = new LongAdder();
  private final LongAdder probeNanos = new LongAdder();
  private final LongAdder discoveryFailures = new LongAdder();

  private static LongAdder[] adders(int count) {
    LongAdder[] adders = new LongAdder[count];
    for (int i = 0; i < count; i++) {
      adders[i] = new LongAdder();
    }
    return adders;
  }

  void responded(long nanos) {
    heads.add(nanos);
  }

  /** A try succeeded or failed. */
  void ended(long nanos) {
    tries.add(nanos);
  }

  void failed(Failure failure) {
    failures[failure.ordinal()].increment();
  }

  void refused(Refusal refusal) {
    refusals[refusal.ordinal()].increment();
  }

  void probed(boolean good, long nanos) {
    (good ? probesPassed : probesFailed).increment();
    probeNanos.add(nanos);
  }

  void discoveryFailed() {
    discoveryFailures.increment();
  }

  Durations heads() {
    return heads.read();
  }

  Durations tries() {
    return tries.read();
  }

  Map<Failure, Long> failures() {
    Map<Failure, Long> counts = new EnumMap<>(Failure.class);
    for (Failure failure : FAILURES) {
      counts.put(failure, failures[failure.ordinal()].sum());
    }
    return counts;
  }

  Map<Refusal, Long> refusals() {
    Map<Refusal, Long> counts = new EnumMap<>(Refusal.class);
    for (Refusal refusal : REFUSALS) {
      counts.put(refusal, refusals[refusal.ordinal()].sum());
    }
    return counts;
  }

  long refused() {
    long sum = 0;
    for (LongAdder refusal : refusals) {
      sum += refusal.sum();
    }
    return sum;
  }

  ProbeStats probes() {
    return new ProbeStats(probesPassed.sum(), probesFailed.sum(), probeNanos.sum());
  }

  long failuresOfDiscovery() {
    return discoveryFailures.sum();
  }
}
