package io.upstream4j.core;

import io.upstream4j.api.spi.Scheduler;
import io.upstream4j.core.UpstreamEvent.BackendEjected;
import io.upstream4j.core.UpstreamEvent.BackendReturned;
import io.upstream4j.core.config.BreakerConfig;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Opens and closes the circuits of an upstream's backends. Control loop only.
 *
 * <p>An open circuit is half open after {@code openDuration}, and after twice, three times and so
 * on up to ten times that when the backend fails again without having had a closed circuit for as
 * long as it was open. Half open, one request at a time passes; enough good ones in a row close it,
 * one bad one opens it again. No more than {@code maxEjectedPercent} of the backends have circuits
 * that are not closed: so a fault that all of them share ejects some of them only.
 */
final class CircuitBreaker {
  private static final int MOST_TIMES = 10;

  private final String upstream;
  private final Shared shared;
  private final Runnable onChange;
  private final Map<BackendState, Ejection> ejected = new HashMap<>();
  private final Map<BackendState, Ejection> returned = new HashMap<>();

  /** A backend whose circuit is not closed, or was not until lately. */
  private record Ejection(int times, Duration open, Scheduler.@Nullable Task next) {}

  /**
   * @param onChange called when a circuit has changed
   */
  CircuitBreaker(String upstream, Shared shared, Runnable onChange) {
    this.upstream = upstream;
    this.shared = shared;
    this.onChange = onChange;
  }

  /** A backend fails too often, as its circuit says. */
  void open(BackendState state, Generation generation) {
    BreakerConfig config = generation.breaker();
    open(state, generation, config == null ? "" : state.circuit().why(config));
  }

  /**
   * A backend fails too often.
   *
   * @param reason with figures, for people
   */
  void open(BackendState state, Generation generation, String reason) {
    BreakerConfig config = generation.breaker();
    if (config == null || !generation.has(state) || state.circuit().state() == CircuitState.OPEN) {
      state.circuit().untold();
      return;
    }
    Ejection last = ejected.get(state);
    if (last == null) {
      if (wouldBeTooMany(state, config, generation)) {
        state
            .circuit()
            .state(CircuitState.CLOSED); // counts anew, so that it is not asked per failure
        return;
      }
      last = forget(returned, state);
    }
    int times = last == null ? 1 : Math.min(MOST_TIMES, last.times() + 1);
    Duration open = config.openDuration().multipliedBy(times);
    ejected.put(
        state, new Ejection(times, open, shared.loop().schedule(open, () -> halfOpen(state))));
    change(state, CircuitState.OPEN);
    shared.events().publish(new BackendEjected(upstream, state.endpoint(), open, reason));
  }

  /** Backends that are out of service are not there to take over, and need nobody to. */
  private boolean wouldBeTooMany(BackendState state, BreakerConfig config, Generation generation) {
    if (!state.isInService()) {
      return false;
    }
    int inService = 1;
    for (BackendState other : ejected.keySet()) {
      inService += other.isInService() ? 1 : 0;
    }
    return inService * 100L > (long) config.maxEjectedPercent() * generation.inService();
  }

  private void halfOpen(BackendState state) {
    change(state, CircuitState.HALF_OPEN);
  }

  /** The probes of a half-open circuit went well. */
  void close(BackendState state) {
    Ejection last = forget(ejected, state);
    if (last == null) {
      return;
    }
    returned.put(
        state,
        new Ejection(
            last.times(),
            last.open(),
            shared.loop().schedule(last.open(), () -> returned.remove(state))));
    change(state, CircuitState.CLOSED);
    shared.events().publish(new BackendReturned(upstream, state.endpoint()));
  }

  /** Forgets backends that are gone, and all of them when nothing breaks circuits any more. */
  void watch(Generation generation) {
    for (BackendState state : Map.copyOf(ejected).keySet()) {
      if (generation.breaker() == null || !generation.has(state)) {
        forget(ejected, state);
        change(state, CircuitState.CLOSED);
      }
    }
    for (BackendState state : Map.copyOf(returned).keySet()) {
      if (generation.breaker() == null || !generation.has(state)) {
        forget(returned, state);
      }
    }
  }

  private static @Nullable Ejection forget(Map<BackendState, Ejection> from, BackendState state) {
    Ejection ejection = from.remove(state);
    if (ejection != null && ejection.next() != null) {
      ejection.next().cancel();
    }
    return ejection;
  }

  private void change(BackendState state, CircuitState now) {
    state.circuit().state(now);
    state.circuitChanged();
    onChange.run();
  }
}
