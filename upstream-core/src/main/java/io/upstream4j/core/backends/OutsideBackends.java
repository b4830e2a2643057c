package io.upstream4j.core.backends;

import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.core.backends.Generation.Slot;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerOptions;
import io.upstream4j.core.runtime.SharedServices;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Backends that no discovery found: a strategy such as {@code transparent} makes its own from the
 * request. Used by any thread. Above {@value #MAX}, those that have nothing in flight are forgotten
 * as new ones come.
 */
public final class OutsideBackends {
  public static final int MAX = 1_024;

  private final String upstream;
  private final PeerOptions options;
  private final Duration grace;
  private final SharedServices shared;
  private final Map<Endpoint, Slot> slots = new ConcurrentHashMap<>();

  OutsideBackends(String upstream, PeerOptions options, Duration grace, SharedServices shared) {
    this.upstream = upstream;
    this.options = options;
    this.grace = grace;
    this.shared = shared;
  }

  PeerOptions options() {
    return options;
  }

  Slot slot(Backend backend) {
    Slot known = slots.get(backend.endpoint());
    if (known != null && known.backend().equals(backend)) {
      return known;
    }
    if (known == null) {
      makeRoom();
    }
    return slots.compute(backend.endpoint(), (endpoint, old) -> update(backend, old));
  }

  private Slot update(Backend backend, @Nullable Slot old) {
    if (old != null && old.backend().equals(backend)) {
      return old; // another thread was faster
    }
    HttpPeer peer = Peers.ofRequest(upstream, backend, options);
    shared.loop().execute(() -> shared.peers().acquire(peer));
    if (old != null) {
      // In this order, so that equal peers keep their connections.
      shared.loop().execute(() -> shared.peers().release(old.peer(), grace));
      return new Slot(old.state(), peer);
    }
    return new Slot(new BackendState(backend.endpoint(), shared.clock().instant()), peer);
  }

  private void makeRoom() {
    for (Slot slot : slots.values()) {
      if (slots.size() < MAX) {
        return;
      }
      if (slot.state().inFlight() == 0) {
        forget(slot);
      }
    }
  }

  private void forget(Slot slot) {
    if (slots.remove(slot.state().endpoint(), slot)) {
      shared.loop().execute(() -> shared.peers().release(slot.peer(), grace));
    }
  }

  /** Their connections close as they become idle, at the latest after the grace period. */
  void close() {
    slots.values().forEach(this::forget);
  }
}
