package io.upstream4j.core.stats;

/** Whether a backend's requests pass, or too many of them failed. */
public enum CircuitState {
  /** All pass. */
  CLOSED,
  /** None does. */
  OPEN,
  /** One at a time does, to see how it goes. */
  HALF_OPEN
}
