package io.upstream4j.core;

import io.upstream4j.core.backends.BackendState;
import io.upstream4j.core.backends.Generation;
import io.upstream4j.core.peer.PeerException;
import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The tries of a request of which the first has failed: how many there were, which backends failed
 * it, and where the next may go. Confined as its {@link Exchange} is.
 */
final class Tries {
  private static final BackendState[] NONE = {};

  /**
   * How often one try may be moved from a connection that ends in good order. Each such connection
   * has served another request, so moves lead somewhere; but not without limit.
   */
  private static final int MAX_MOVES = 100;

  // Before another try at the same backend; doubled each time.
  private static final long FIRST_DELAY_MILLIS = 50;
  private static final int MAX_DOUBLINGS = 4;

  private BackendState[] tried = NONE;
  private BackendState[] barred = NONE;
  private int count = 1;
  private int delays;
  private boolean reconnected;
  private int moves;

  /** Another try begins. */
  void begin() {
    reconnected = false;
    moves = 0;
    count++;
  }

  /** The backends that failed the request. */
  BackendState[] tried() {
    return tried;
  }

  /** Those of them that must not get it again: it may have been processed, or would fail again. */
  BackendState[] barred() {
    return barred;
  }

  /** Whether and how the try may go on at the same peer; null if it is over. */
  @Nullable RetryStep reconnect(PeerException cause, String method) {
    if (cause.isUnprocessed()) {
      return moves++ < MAX_MOVES ? RetryStep.SAME_PEER : null;
    }
    if (!reconnected && cause.isStaleConnection() && isRepeatable(cause, method)) {
      reconnected = true;
      return RetryStep.SAME_PEER_FRESH;
    }
    return null;
  }

  /** A try is over. */
  void failed(BackendState state, PeerException cause) {
    tried = plus(tried, state);
    boolean again =
        switch (cause.failure().repeat()) {
          case ANYWHERE -> true;
          case IF_SAFE -> cause.isSafeToRetry();
          case ELSEWHERE, NEVER -> false;
        };
    if (!again) {
      barred = plus(barred, state);
    }
  }

  /** Whether the request may be tried again somewhere. */
  boolean mayRepeat(PeerException cause, String method, int maxRetries) {
    return count <= maxRetries
        && switch (cause.failure().repeat()) {
          case NEVER -> false;
          case ELSEWHERE, ANYWHERE -> true;
          case IF_SAFE -> isRepeatable(cause, method);
        };
  }

  /** Whether a second delivery does no harm (RFC 9110, 9.2.2), or there was no first. */
  private static boolean isRepeatable(PeerException cause, String method) {
    return cause.isSafeToRetry()
        || switch (method) {
          case "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE" -> true;
          default -> false;
        };
  }

  /**
   * Where the next try may go.
   *
   * @param random from 0 to 1, for the delay before one at the same backend
   */
  RetryStep next(Generation generation, double random) {
    if (hasOther(generation, tried)) {
      return RetryStep.NEXT_PEER;
    }
    boolean made = generation.size() == 0 && !contains(barred, tried[tried.length - 1]);
    if (!made && !hasOther(generation, barred)) {
      return RetryStep.GIVE_UP;
    }
    double millis = (FIRST_DELAY_MILLIS << Math.min(MAX_DOUBLINGS, delays++)) * (0.5 + random / 2);
    return new RetryStep(RetryStep.Action.NEXT_PEER, Duration.ofNanos((long) (millis * 1e6)));
  }

  private static boolean hasOther(Generation generation, BackendState[] excluded) {
    for (int slot = 0; slot < generation.size(); slot++) {
      if (generation.accepts(slot) && !contains(excluded, generation.state(slot))) {
        return true;
      }
    }
    return false;
  }

  static boolean contains(BackendState[] states, BackendState state) {
    for (BackendState one : states) {
      if (one == state) {
        return true;
      }
    }
    return false;
  }

  private static BackendState[] plus(BackendState[] states, BackendState state) {
    if (contains(states, state)) {
      return states;
    }
    BackendState[] more = Arrays.copyOf(states, states.length + 1);
    more[states.length] = state;
    return more;
  }
}
