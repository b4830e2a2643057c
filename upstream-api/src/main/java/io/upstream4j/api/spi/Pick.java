package io.upstream4j.api.spi;

import static java.util.Objects.requireNonNull;

/** The answer of a picker. */
public sealed interface Pick {
  /** The slot of a backend that is not part of a snapshot. */
  int OUTSIDE = -1;

  /**
   * Sends the request to a backend.
   *
   * @param backend the chosen backend
   * @param slot its slot in the picker's snapshot, or {@link #OUTSIDE}
   */
  record To(Backend backend, int slot) implements Pick {
    /** Checks the components. */
    public To {
      requireNonNull(backend, "backend");
      if (slot < OUTSIDE) {
        throw new IllegalArgumentException("slot: " + slot + " (expected: from -1)");
      }
    }

    /**
     * Returns a pick of a backend that is not part of a snapshot, as the strategy {@code
     * transparent} makes.
     */
    public static To outside(Backend backend) {
      return new To(backend, OUTSIDE);
    }
  }

  /**
   * Reports that no backend may take the request now.
   *
   * @param reason why, for the error message and the statistics; a constant, because picks are
   *     frequent
   */
  record Nowhere(String reason) implements Pick {
    /** Every slot was refused. */
    public static final Nowhere NO_ELIGIBLE_BACKEND = new Nowhere("no eligible backend");

    /** The snapshot is empty. */
    public static final Nowhere NO_BACKENDS = new Nowhere("no backends");

    /** Checks the component. */
    public Nowhere {
      requireNonNull(reason, "reason");
    }
  }
}
