package io.upstream4j.core;

import io.upstream4j.api.spi.Backend;
import io.upstream4j.core.backends.BackendState;
import io.upstream4j.core.backends.Generation.Slot;
import io.upstream4j.core.backends.HostPeers;
import io.upstream4j.core.peer.ConnectionStats;
import io.upstream4j.core.runtime.Connections;
import io.upstream4j.core.stats.AdminState;
import io.upstream4j.core.stats.BackendStats;
import io.upstream4j.core.stats.CircuitState;
import io.upstream4j.core.stats.Durations;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * One backend of a {@link LiveUpstream}: every figure is read at the moment it is asked for, and
 * means what it means in {@link BackendStats}. Safe for use by any thread.
 */
public final class LiveBackend {
  private final Slot slot;
  private final Connections pools;

  LiveBackend(Slot slot, Connections pools) {
    this.slot = slot;
    this.pools = pools;
  }

  /** The backend, with the weight in force. */
  public Backend backend() {
    return slot.backend();
  }

  /** What the operator wants of it. */
  public AdminState admin() {
    return slot.state().admin();
  }

  /** What its health check says. */
  public boolean healthy() {
    return slot.state().health().healthy();
  }

  /** Whether its requests pass. */
  public CircuitState circuit() {
    return slot.state().circuit().state();
  }

  /** Requests that it has been given and that have not ended. */
  public int inFlight() {
    return slot.state().inFlight();
  }

  /** Requests that it has been given. */
  public long requests() {
    return slot.state().requests();
  }

  /** Requests among them that got no response. */
  public long failures() {
    return slot.state().failures();
  }

  /** From the pick to the head of the response. */
  public Durations latency() {
    return slot.state().heads();
  }

  /** Its pool. */
  public ConnectionStats connections() {
    HostPeers byHost = slot.byHost();
    return byHost == null ? pools.stats(slot.peer()) : byHost.stats();
  }

  /** All figures of this moment. */
  public BackendStats snapshot() {
    BackendState state = slot.state();
    BackendState.Health health = state.health();
    OptionalInt weight = state.weight();
    Optional<String> reason = health.reason();
    Instant since = health.since();
    return new BackendStats(
        slot.backend(),
        state.admin(),
        weight,
        health.healthy(),
        reason,
        since,
        circuit(),
        inFlight(),
        requests(),
        failures(),
        latency(),
        connections());
  }
}
