package io.upstream4j.core.backends;

import static java.util.Objects.requireNonNull;

import io.upstream4j.core.peer.PeerException.Failure;
import io.upstream4j.core.stats.Durations;
import io.upstream4j.core.stats.ProbeStats;
import io.upstream4j.core.stats.Refusal;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * What an upstream counts beside its backends, so that nothing is lost when one of them goes.
 * Written by any thread, without locks and without allocating; about 8 KB for each upstream.
 */
public final class Traffic {
  private static final int STRIPES = 4;

  private final DurationHistogram heads = new DurationHistogram(STRIPES);
  private final DurationHistogram tries = new DurationHistogram(STRIPES);
  private final Map<Failure, LongAdder> failures = adders(Failure.class); // never changed
  private final Map<Refusal, LongAdder> refusals = adders(Refusal.class); // never changed
  private final LongAdder probesPassed = new LongAdder();
  private final LongAdder probesFailed = new LongAdder();
  private final LongAdder probeNanos = new LongAdder();
  private final LongAdder discoveryFailures = new LongAdder();

  private static <E extends Enum<E>> Map<E, LongAdder> adders(Class<E> type) {
    Map<E, LongAdder> adders = new EnumMap<>(type);
    for (E one : type.getEnumConstants()) {
      adders.put(one, new LongAdder());
    }
    return adders;
  }

  public void responded(long nanos) {
    heads.add(nanos);
  }

  /** A try succeeded or failed. */
  public void ended(long nanos) {
    tries.add(nanos);
  }

  public void failed(Failure failure) {
    requireNonNull(failures.get(failure), "failure").increment();
  }

  public void refused(Refusal refusal) {
    requireNonNull(refusals.get(refusal), "refusal").increment();
  }

  public void probed(boolean good, long nanos) {
    (good ? probesPassed : probesFailed).increment();
    probeNanos.add(nanos);
  }

  public void discoveryFailed() {
    discoveryFailures.increment();
  }

  public Durations heads() {
    return heads.read();
  }

  public Durations tries() {
    return tries.read();
  }

  public Map<Failure, Long> failures() {
    return sums(Failure.class, failures);
  }

  public Map<Refusal, Long> refusals() {
    return sums(Refusal.class, refusals);
  }

  private static <E extends Enum<E>> Map<E, Long> sums(Class<E> type, Map<E, LongAdder> adders) {
    Map<E, Long> sums = new EnumMap<>(type);
    adders.forEach((one, adder) -> sums.put(one, adder.sum()));
    return sums;
  }

  public ProbeStats probes() {
    return new ProbeStats(probesPassed.sum(), probesFailed.sum(), probeNanos.sum());
  }

  public long failuresOfDiscovery() {
    return discoveryFailures.sum();
  }
}
