package io.upstream4j.api.spi;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The backends of one generation, each in a slot: its index in the list. Immutable.
 *
 * <p>A picker names a backend by its slot, so {@link #pick} has the answer for each ready and a
 * pick allocates nothing.
 */
public final class BackendSnapshot {
  private final long generation;
  private final List<Backend> backends;
  private final Pick[] picks;

  /**
   * Creates a snapshot.
   *
   * @param generation counts the changes of the set, from 0
   * @param backends in an order that the same set always has; no endpoint twice
   * @throws IllegalArgumentException when an endpoint stands there twice
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

  /** Counts the changes of the set, from 0. */
  public long generation() {
    return generation;
  }

  /** The backends, by slot. */
  public List<Backend> backends() {
    return backends;
  }

  /** How many slots there are. */
  public int size() {
    return picks.length;
  }

  /** The backend in a slot, 0 to {@code size() - 1}. */
  public Backend backend(int slot) {
    return backends.get(slot);
  }

  /** The answer that names the backend in a slot, 0 to {@code size() - 1}. Always the same one. */
  public Pick pick(int slot) {
    return picks[slot];
  }

  @Override
  public String toString() {
    return "generation " + generation + ": " + backends;
  }
}
