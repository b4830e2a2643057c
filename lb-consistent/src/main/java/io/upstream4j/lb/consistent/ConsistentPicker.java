package io.upstream4j.lb.consistent;

import io.upstream4j.api.spi.BackendSnapshot;
import io.upstream4j.api.spi.Candidates;
import io.upstream4j.api.spi.Pick;
import io.upstream4j.api.spi.Picker;
import io.upstream4j.api.spi.RequestView;

/** Picks by the hash of a request's key, and in turn when it has none. */
final class ConsistentPicker implements Picker {
  private final BackendSnapshot snapshot;
  private final RequestKey key;
  private final Walk walk;
  private final Rotation keyless;
  private final Rotation draining;

  ConsistentPicker(
      BackendSnapshot snapshot, RequestKey key, Walk walk, Rotation keyless, Rotation draining) {
    this.snapshot = snapshot;
    this.key = key;
    this.walk = walk;
    this.keyless = keyless;
    this.draining = draining;
  }

  @Override
  public Pick pick(RequestView request, Candidates candidates) {
    LoadBound bound = walk.bound();
    long total = bound.total(candidates);
    long hash = key.hash(request);
    int found =
        hash == RequestKey.ABSENT
            ? keyless.next(candidates, bound, total)
            : walk.next((int) hash, candidates, total);
    if (found == LoadBound.NONE) {
      found = draining.next(candidates, bound, total);
    }
    if (found == LoadBound.NONE) {
      return Pick.Nowhere.NO_ELIGIBLE_BACKEND;
    }
    // When no backend has room, the one with the least load takes the request all the same.
    return snapshot.pick(found >= 0 ? found : ~found);
  }
}
