package io.upstream4j.core;

import io.upstream4j.api.spi.BackendSnapshot;
import io.upstream4j.api.spi.Candidates;
import io.upstream4j.core.backends.BackendState;
import io.upstream4j.core.backends.Generation;

/** Candidates without some that a request was tried at. Made for each retry. */
@SuppressWarnings("ArrayRecordComponent") // never compared
record OtherCandidates(Generation generation, Candidates candidates, BackendState[] excluded)
    implements Candidates {
  @Override
  public boolean accepts(int slot) {
    return !Tries.contains(excluded, generation.state(slot)) && candidates.accepts(slot);
  }

  @Override
  public int inFlight(int slot) {
    return candidates.inFlight(slot);
  }

  @Override
  public long inFlightTotal(int slots) {
    return candidates.inFlightTotal(slots);
  }

  @Override
  public long weightTotal(BackendSnapshot snapshot) {
    return candidates.weightTotal(snapshot);
  }

  @Override
  public long latencyNanos(int slot) {
    return candidates.latencyNanos(slot);
  }
}
