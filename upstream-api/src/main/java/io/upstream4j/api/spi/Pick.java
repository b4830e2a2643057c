package io.upstream4j.api.spi;

import static java.util.Objects.requireNonNull;

/** What a picker answers. */
public sealed interface Pick {
  /** The slot of a backend that is in no snapshot. */
  int OUTSIDE = -1;

  /**
   * The request goes to this backend.
   *
   * @param backend the one chosen
   * @param slot its slot in the snapshot the picker was made for, or {@link #OUTSIDE}
   */
  record To(Backend backend, int slot) implements Pick {
    /** Checks the components. */
    public To {
      requireNonNull(backend, "backend");
      if (slot < OUTSIDE) {
        throw new IllegalArgumentException("slot: " + slot + " (expected: from -1)");
      }
    }

    /** A backend that is in no snapshot: a strategy such as {@code transparent} makes its own. */
    public static To outside(Backend backend) {
      return new To(backend, OUTSIDE);
    }
  }

  /**
   * No backend may take the request now.
   *
   * @param reason why, for the error message and the statistics; a constant, as picks are hot
   */
  record Nowhere(String reason) implements Pick {
    /** No slot was accepted. */
    public static final Nowhere NO_ELIGIBLE_BACKEND = new Nowhere("no eligible backend");

    /** The snapshot is empty. */
    public static final Nowhere NO_BACKENDS = new Nowhere("no backends");

    /** Checks the component. */
    public Nowhere {
      requireNonNull(reason, "reason");
    }
  }
}
