package io.upstream4j.core;

import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.core.Generation.Slot;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerOptions;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Backends that no discovery found: a strategy such as {@code transparent} makes its own from the
 * request. Used by any thread. At most {@value #MAX} are remembered; then idle ones make room, and
 * when all are busy a new one is not remembered.
 */
final class OutsideBackends {
  static final int MAX = 1_024;

  private final String upstream;
  private final PeerOptions options;
  private final Shared shared;
  private final Map<Endpoint, Slot> slots = new ConcurrentHashMap<>();

  OutsideBackends(String upstream, PeerOptions options, Shared shared) {
    this.upstream = upstream;
    this.options = options;
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
    if (known == null && slots.size() >= MAX && !makeRoom()) {
      BackendState state = new BackendState(backend.endpoint(), shared.clock().instant());
      return new Slot(state, Peers.of(upstream, backend, options));
    }
    return slots.compute(backend.endpoint(), (endpoint, old) -> update(backend, old));
  }

  private Slot update(Backend backend, @Nullable Slot old) {
    if (old != null && old.backend().equals(backend)) {
      return old; // another thread was faster
    }
    HttpPeer peer = Peers.of(upstream, backend, options);
    if (old != null) {
      return new Slot(old.state(), peer); // equal to the old one's: its connections stay
    }
    shared.loop().execute(() -> shared.peers().acquire(peer));
    return new Slot(new BackendState(backend.endpoint(), shared.clock().instant()), peer);
  }

  private boolean makeRoom() {
    for (Map.Entry<Endpoint, Slot> entry : slots.entrySet()) {
      Slot slot = entry.getValue();
      if (slot.state().inFlight() == 0 && slots.remove(entry.getKey(), slot)) {
        shared.loop().execute(() -> shared.peers().release(slot.peer()));
        return true;
      }
    }
    return false;
  }

  /** Their connections close as they become idle. */
  void close() {
    for (Map.Entry<Endpoint, Slot> entry : slots.entrySet()) {
      if (slots.remove(entry.getKey(), entry.getValue())) {
        shared.loop().execute(() -> shared.peers().release(entry.getValue().peer()));
      }
    }
  }
}
