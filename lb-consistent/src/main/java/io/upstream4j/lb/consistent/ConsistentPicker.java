package io.upstream4j.lb.consistent;

import io.upstream4j.api.spi.BackendSnapshot;
import io.upstream4j.api.spi.Candidates;
import io.upstream4j.api.spi.Explanation;
import io.upstream4j.api.spi.Pick;
import io.upstream4j.api.spi.Picker;
import io.upstream4j.api.spi.RequestView;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Picks a backend by the hash of the request's key, or in rotation for a request without the key.
 */
final class ConsistentPicker implements Picker {
  private final BackendSnapshot snapshot;
  private final KeyPart part;
  private final RequestKey key;
  private final Walk walk;
  private final Rotation keyless;
  private final Rotation draining;

  ConsistentPicker(
      BackendSnapshot snapshot,
      KeyPart part,
      RequestKey key,
      Walk walk,
      Rotation keyless,
      Rotation draining) {
    this.snapshot = snapshot;
    this.part = part;
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
    // When no backend has room, take the least loaded one.
    return snapshot.pick(found >= 0 ? found : ~found);
  }

  /**
   * Derives the number from the key, so that equal keys go to the same tier. The hash is mixed so
   * that the keys of a tier spread over the whole ring.
   */
  @Override
  public int lot(RequestView request) {
    long hash = key.hash(request);
    return hash == RequestKey.ABSENT ? Picker.super.lot(request) : mixed((int) hash) >>> 1;
  }

  /** The finalizer of MurmurHash3 (Austin Appleby, public domain). */
  private static int mixed(int hash) {
    int mixed = (hash ^ (hash >>> 16)) * 0x85ebca6b;
    mixed = (mixed ^ (mixed >>> 13)) * 0xc2b2ae35;
    return mixed ^ (mixed >>> 16);
  }

  @Override
  public Optional<Explanation> explain(RequestView request, int limit) {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("by", part.toString());
    String text = key.text(request);
    if (text == null) {
      facts.put("key", "absent, so backends take turns");
      return Optional.of(new Explanation(facts, List.of()));
    }
    long hash = key.hash(request);
    facts.put("key", text);
    facts.put("hash", HexFormat.of().toHexDigits((int) hash));
    return Optional.of(
        new Explanation(
            facts, walk.order((int) hash, limit).stream().map(snapshot::backend).toList()));
  }
}
