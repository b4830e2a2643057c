package io.upstream4j.api.spi;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The backends of one generation. Each has a slot: its index in the list. Immutable.
 *
 * <p>A picker names a backend by its slot. {@link #pick} returns a prepared answer for each slot,
 * so that a pick allocates nothing.
 */
public final class BackendSnapshot {
  private final long generation;
  private final List<Backend> backends;
  private final Pick[] picks;

  /**
   * Creates a snapshot.
   *
   * @param generation the number of changes to the set so far, from 0
   * @param backends the backends, in the same order whenever the set is the same; no endpoint twice
   * @throws IllegalArgumentException when an endpoint occurs twice
   */
  public BackendSnapshot(long generation, List<Backend> backends) {
    this.generation = generation;
    this.backends = List.copyOf(backends);
    this.picks = new Pick[this.backends.size()];
    Map<Endpoint, Integer> slots = new HashMap<>();
    for (int slot = 0; slot < picks.length; slot++) {
      Backend backend = this.backends.get(slot);
      if (slots.put(backend.endpoint(), slot) != null) {
        throw new IllegalArgumentException("backends: " + backend.endpoint() + " is there twice");
      }
      picks[slot] = new Pick.To(backend, slot);
    }
  }

  /** Returns the number of changes to the set before this snapshot, from 0. */
  public long generation() {
    return generation;
  }

  /** Returns the backends, by slot. */
  public List<Backend> backends() {
    return backends;
  }

  /** Returns the number of slots. */
  public int size() {
    return picks.length;
  }

  /** Returns the backend in a slot, 0 to {@code size() - 1}. */
  public Backend backend(int slot) {
    return backends.get(slot);
  }

  /**
   * Returns the pick of the backend in a slot, 0 to {@code size() - 1}; always the same instance.
   */
  public Pick pick(int slot) {
    return picks[slot];
  }

  @Override
  public String toString() {
    return "generation " + generation + ": " + backends;
  }
}
