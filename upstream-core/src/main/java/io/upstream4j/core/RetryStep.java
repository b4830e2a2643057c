package io.upstream4j.core;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * What to do after a try failed.
 *
 * @param action what to do
 * @param delay how long to wait before; zero for all but {@link Action#NEXT_PEER}
 */
public record RetryStep(Action action, Duration delay) {
  /** What to do. */
  public enum Action {
    /** The try goes on at the same peer, on any of its connections. */
    SAME_PEER,
    /** The try goes on at the same peer, on a connection that was not used before. */
    SAME_PEER_FRESH,
    /** The try is over; ask {@link Exchange#newHttpPeer} for the peer of the next one. */
    NEXT_PEER,
    /** The try is over, and the failure is the answer. */
    GIVE_UP
  }

  static final RetryStep SAME_PEER = new RetryStep(Action.SAME_PEER, Duration.ZERO);
  static final RetryStep SAME_PEER_FRESH = new RetryStep(Action.SAME_PEER_FRESH, Duration.ZERO);
  static final RetryStep NEXT_PEER = new RetryStep(Action.NEXT_PEER, Duration.ZERO);
  static final RetryStep GIVE_UP = new RetryStep(Action.GIVE_UP, Duration.ZERO);

  /** Checks the components. */
  public RetryStep {
    requireNonNull(action, "action");
    requireNonNull(delay, "delay");
  }

  /** Whether another try follows. */
  boolean isRetry() {
    return action == Action.NEXT_PEER;
  }
}
