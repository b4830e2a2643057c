package io.upstream4j.core.stats;

/**
 * What the operator wants of a backend, whatever its health.
 *
 * <p>It follows the backend over discoveries, weights and reloads. A backend that is away for
 * longer than its upstream's {@code grace} is forgotten, and enabled when it comes back. Health
 * checks go on in every state, so that a backend that is enabled again gets no requests while it is
 * down.
 */
public enum AdminState {
  /** Gets requests while it is healthy. */
  ENABLED,
  /**
   * Gets no new requests; those under way finish, and its connections stay open for as long as idle
   * ones do.
   */
  DRAINING,
  /**
   * Gets no new requests, and its idle connections are closed; requests under way may take as long
   * as those of a backend that was removed, the upstream's {@code grace}.
   */
  DISABLED
}
