package io.upstream4j.core.backends;

import io.upstream4j.api.spi.Scheduler;
import io.upstream4j.core.config.BreakerConfig;
import io.upstream4j.core.event.UpstreamEvent.BackendEjected;
import io.upstream4j.core.event.UpstreamEvent.BackendReturned;
import io.upstream4j.core.runtime.SharedServices;
import io.upstream4j.core.stats.CircuitState;
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
 * one bad one opens it again.
 *
 * <p>No more than {@code maxEjectedPercent} of the backends have circuits that are not closed: so a
 * fault that all of them share ejects some of them only. And whatever that allows, circuits are not
 * what leaves an upstream without backends: the last that may have any number of requests is never
 * ejected, and when it goes for another reason those that only a circuit holds back return.
 *
 * <p>A few failures in a row open a circuit only where the others do better ({@link
 * #othersDoBetter}): a path that no backend can serve, or a database that all of them lack, is not
 * one backend's fault.
 */
final class CircuitBreaker {
  private static final int MOST_TIMES = 10;

  private final String upstream;
  private final SharedServices shared;
  private final Runnable onChange;
  private final Map<BackendState, Ejection> ejected = new HashMap<>();
  private final Map<BackendState, Ejection> returned = new HashMap<>();

  /**
   * A backend whose circuit is not closed, or was not until lately.
   *
   * @param ofHealth whether it was ejected because its health keeps changing
   */
  private record Ejection(
      int times, Duration open, boolean ofHealth, Scheduler.@Nullable Task next) {}

  /**
   * @param onChange called when a circuit has changed
   */
  CircuitBreaker(String upstream, SharedServices shared, Runnable onChange) {
    this.upstream = upstream;
    this.shared = shared;
    this.onChange = onChange;
  }

  /** A backend fails too often, as its circuit says. */
  void open(BackendState state, Generation generation) {
    BreakerConfig config = generation.breaker();
    if (config != null
        && config.protective()
        && !state.circuit().isBeyond(config)
        && !othersDoBetter(state, generation)) {
      state.circuit().untold();
      return;
    }
    open(state, generation, config == null ? "" : state.circuit().why(config));
  }

  /**
   * Whether failures are a backend's own. Of the others, those count that may have any number of
   * requests. After a few failures at least as many of them must have answered lately without a
   * failure as have failed; after many it is enough that not most of them are failing, too.
   */
  private boolean othersDoBetter(BackendState state, Generation generation) {
    long now = shared.loop().nanoTime();
    long lately = BreakerConfig.COMPARED.toNanos();
    boolean many = state.circuit().failuresInRow() >= BreakerConfig.MANY_FAILURES;
    int better = 0;
    int failing = 0;
    for (int slot = 0; slot < generation.size(); slot++) {
      BackendState other = generation.state(slot);
      if (other != state && other.isOpenToAll()) {
        if (many
            ? other.circuit().failuresInRow() > 0
            : other.circuit().hasFailedWithin(lately, now)) {
          failing++;
        } else if (many || other.hasRespondedWithin(lately, now)) {
          better++;
        }
      }
    }
    return better > 0 && better >= failing;
  }

  /**
   * A backend whose requests could not reach it is unhealthy again soon after it recovered: that it
   * passes its next check says little.
   */
  void openFlapping(BackendState state, Generation generation, Duration healthyFor) {
    BreakerConfig config = generation.breaker();
    if (config != null
        && state.circuit().state() == CircuitState.CLOSED
        && healthyFor.compareTo(config.openDuration()) < 0) {
      eject(state, generation, "unhealthy again after " + healthyFor.toMillis() + " ms", true);
    }
  }

  /**
   * A backend is healthy again. If its check saw what its requests suffered from, the circuit need
   * not stay open for all of its time, the first time at least.
   */
  void recovered(BackendState state) {
    Ejection ejection = ejected.get(state);
    if (ejection != null
        && ejection.times() == 1
        && !ejection.ofHealth()
        && state.circuit().state() == CircuitState.OPEN) {
      if (ejection.next() != null) {
        ejection.next().cancel();
      }
      halfOpen(state);
    }
  }

  /**
   * A backend fails too often.
   *
   * @param reason with figures, for people
   */
  void open(BackendState state, Generation generation, String reason) {
    eject(state, generation, reason, false);
  }

  private void eject(BackendState state, Generation generation, String reason, boolean ofHealth) {
    BreakerConfig config = generation.breaker();
    if (config == null || !generation.has(state) || state.circuit().state() == CircuitState.OPEN) {
      state.circuit().untold();
      return;
    }
    Ejection last = ejected.get(state);
    if (last == null) {
      if (isLast(state, generation) || wouldBeTooMany(state, config, generation)) {
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
        state,
        new Ejection(times, open, ofHealth, shared.loop().schedule(open, () -> halfOpen(state))));
    change(state, CircuitState.OPEN);
    shared.events().publish(new BackendEjected(upstream, state.endpoint(), open, reason));
  }

  /** Whether no other backend may have any number of requests. */
  static boolean isLast(BackendState state, Generation generation) {
    for (int slot = 0; slot < generation.size(); slot++) {
      BackendState other = generation.state(slot);
      if (other != state && other.isOpenToAll()) {
        return false;
      }
    }
    return true;
  }

  /**
   * Takes backends back when no other is left, whose requests would fail anyway: all that nothing
   * but their circuits keeps from having requests. Called whenever health, the operator or the
   * discovery have changed the set.
   *
   * @return whether there were any
   */
  boolean returnIfNoneIsLeft(Generation generation) {
    for (int slot = 0; slot < generation.size(); slot++) {
      if (generation.state(slot).isOpenToAll()) {
        return false;
      }
    }
    boolean any = false;
    for (int slot = 0; slot < generation.size(); slot++) {
      BackendState state = generation.state(slot);
      if (state.isHeldByCircuit()) {
        any = true;
        end(state);
      }
    }
    return any;
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
    if (end(state)) {
      onChange.run();
    }
  }

  private boolean end(BackendState state) {
    Ejection last = forget(ejected, state);
    if (last == null) {
      return false;
    }
    returned.put(
        state,
        new Ejection(
            last.times(),
            last.open(),
            last.ofHealth(),
            shared.loop().schedule(last.open(), () -> returned.remove(state))));
    set(state, CircuitState.CLOSED);
    shared.events().publish(new BackendReturned(upstream, state.endpoint()));
    return true;
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
    set(state, now);
    onChange.run();
  }

  private static void set(BackendState state, CircuitState now) {
    state.circuit().state(now);
    state.circuitChanged();
  }
}
