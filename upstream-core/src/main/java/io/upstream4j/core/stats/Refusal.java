package io.upstream4j.core.stats;

/** Why no backend could take a request, of the few kinds there are. */
public enum Refusal {
  /** There is no backend: none was found, or the upstream is gone. */
  NO_BACKENDS,
  /** An operator has drained or disabled every backend. */
  OUT_OF_SERVICE,
  /** Every backend that may have requests has as many in flight as it may. */
  FULL,
  /** No backend is healthy with a circuit that lets the request pass. */
  NOT_ELIGIBLE,
  /** The strategy gave another reason, or failed. */
  STRATEGY
}
