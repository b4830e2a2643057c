package io.upstream4j.testkit;

import io.upstream4j.api.spi.BackendSnapshot;
import io.upstream4j.api.spi.Candidates;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/**
 * Slots whose state a test sets, and that remember which of them were offered. For one thread, and
 * without allocation once as many slots were offered as there are.
 */
public final class FakeCandidates implements Candidates {
  private final boolean[] accepted;
  private final boolean[] tried;
  private final int[] inFlight;
  private final long[] latencyNanos;
  private int[] offers;
  private int offerCount;

  /**
   * Creates slots that accept, are idle, and have no latency sample.
   *
   * @param size how many
   */
  public FakeCandidates(int size) {
    accepted = new boolean[size];
    Arrays.fill(accepted, true);
    tried = new boolean[size];
    inFlight = new int[size];
    latencyNanos = new long[size];
    offers = new int[size];
  }

  /** Lets every slot accept. */
  public FakeCandidates acceptAll() {
    Arrays.fill(tried, false);
    Arrays.fill(accepted, true);
    return this;
  }

  /** Lets these slots accept and no others. */
  public FakeCandidates acceptOnly(int... slots) {
    Arrays.fill(tried, false);
    Arrays.fill(accepted, false);
    for (int slot : slots) {
      accepted[slot] = true;
    }
    return this;
  }

  /** Lets these slots refuse, and leaves the others as they are. */
  public FakeCandidates reject(int... slots) {
    for (int slot : slots) {
      accepted[slot] = false;
    }
    return this;
  }

  /** Lets these slots refuse because the exchange has tried them: they are up all the same. */
  public FakeCandidates tried(int... slots) {
    for (int slot : slots) {
      tried[slot] = true;
    }
    return this;
  }

  /** Sets how many requests a slot has in flight. */
  public FakeCandidates withInFlight(int slot, int requests) {
    inFlight[slot] = requests;
    return this;
  }

  /** Sets the average latency of a slot; zero when it has no sample. */
  public FakeCandidates withLatency(int slot, Duration latency) {
    latencyNanos[slot] = latency.toNanos();
    return this;
  }

  /** The slots asked with {@link #accepts} since the last {@link #forget}, in order. */
  public List<Integer> offered() {
    return Arrays.stream(offers, 0, offerCount).boxed().toList();
  }

  /** Forgets what was offered. */
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

  /** Counts as no offer. */
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
