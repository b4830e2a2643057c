package io.upstream4j.testkit;

import io.upstream4j.api.spi.BackendSnapshot;
import io.upstream4j.api.spi.Candidates;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/**
 * Slots whose state a test sets and whose offers it can inspect. Not thread-safe. Does not allocate
 * once as many slots were offered as there are.
 */
public final class FakeCandidates implements Candidates {
  private final boolean[] accepted;
  private final boolean[] tried;
  private final int[] inFlight;
  private final long[] latencyNanos;
  private int[] offers;
  private int offerCount;

  /**
   * Creates slots that accept requests, are idle and have no latency sample.
   *
   * @param size the number of slots
   */
  public FakeCandidates(int size) {
    accepted = new boolean[size];
    Arrays.fill(accepted, true);
    tried = new boolean[size];
    inFlight = new int[size];
    latencyNanos = new long[size];
    offers = new int[size];
  }

  /** Makes all slots accept. */
  public FakeCandidates acceptAll() {
    Arrays.fill(tried, false);
    Arrays.fill(accepted, true);
    return this;
  }

  /** Makes only these slots accept. */
  public FakeCandidates acceptOnly(int... slots) {
    Arrays.fill(tried, false);
    Arrays.fill(accepted, false);
    for (int slot : slots) {
      accepted[slot] = true;
    }
    return this;
  }

  /** Makes these slots refuse, and leaves the others unchanged. */
  public FakeCandidates reject(int... slots) {
    for (int slot : slots) {
      accepted[slot] = false;
    }
    return this;
  }

  /** Makes these slots refuse because the exchange has tried them. Their weights still count. */
  public FakeCandidates tried(int... slots) {
    for (int slot : slots) {
      tried[slot] = true;
    }
    return this;
  }

  /** Sets the number of requests in flight on a slot. */
  public FakeCandidates withInFlight(int slot, int requests) {
    inFlight[slot] = requests;
    return this;
  }

  /** Sets the average latency of a slot; zero for no sample. */
  public FakeCandidates withLatency(int slot, Duration latency) {
    latencyNanos[slot] = latency.toNanos();
    return this;
  }

  /** Returns the slots passed to {@link #accepts} since the last {@link #forget}, in order. */
  public List<Integer> offered() {
    return Arrays.stream(offers, 0, offerCount).boxed().toList();
  }

  /** Clears the list of offered slots. */
  public FakeCandidates forget() {
    offerCount = 0;
    return this;
  }

  @Override
  public boolean accepts(int slot) {
    if (offerCount == offers.length) {
      offers = Arrays.copyOf(offers, 2 * offerCount + 1);
    }
    offers[offerCount++] = slot;
    return accepted[slot] && !tried[slot];
  }

  @Override
  public int inFlight(int slot) {
    return inFlight[slot];
  }

  /** Does not count as an offer. */
  @Override
  public long weightTotal(BackendSnapshot snapshot) {
    long total = 0;
    for (int slot = 0; slot < snapshot.size(); slot++) {
      total += accepted[slot] ? snapshot.backend(slot).weight() : 0;
    }
    return total;
  }

  @Override
  public long latencyNanos(int slot) {
    return latencyNanos[slot];
  }
}
