package io.upstream4j.core.backends;

import io.upstream4j.core.peer.ConnectionStats;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.TlsOptions;
import io.upstream4j.core.runtime.SharedServices;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The peers of one backend where each host that is asked for has its own ({@code sni: $host}):
 * connections of one host never serve another, as their certificates were verified for that one
 * alone. Asked by any thread; ended by the control loop. Of hosts beyond {@value #MAX} the first
 * ones are let go of.
 */
public final class HostPeers {
  public static final int MAX = 256;

  private final HttpPeer template;
  private final Duration grace;
  private final SharedServices shared;
  private final Map<String, HttpPeer> peers = new ConcurrentHashMap<>();

  // Of the control loop.
  private final Queue<String> kept = new ArrayDeque<>();
  private boolean closed;

  /**
   * Creates it without peers.
   *
   * @param template whose server name is {@value TlsOptions#REQUEST_HOST}
   * @param grace how long exchanges may go on at a peer that is let go of
   */
  HostPeers(HttpPeer template, Duration grace, SharedServices shared) {
    this.template = template;
    this.grace = grace;
    this.shared = shared;
  }

  /** Empty-handed where the server name is always the same. */
  static @Nullable HostPeers of(HttpPeer peer, Duration grace, SharedServices shared) {
    return peer.options().isForEachHost() ? new HostPeers(peer, grace, shared) : null;
  }

  /**
   * The peer for a host.
   *
   * @param host of the request; null when it names none, for that of the backend
   */
  HttpPeer peer(@Nullable String host) {
    String name = host == null ? template.backend().endpoint().host() : host;
    HttpPeer known = peers.get(name);
    return known == null ? add(name) : known;
  }

  private HttpPeer add(String host) {
    HttpPeer made = template.withServerName(host);
    HttpPeer other = peers.putIfAbsent(host, made);
    if (other != null) {
      return other;
    }
    shared.loop().execute(() -> keep(host, made));
    return made;
  }

  private void keep(String host, HttpPeer made) {
    shared.peers().acquire(made);
    kept.add(host);
    if (closed) {
      clear();
    } else if (kept.size() > MAX) {
      forget(kept.remove());
    }
  }

  private void forget(String host) {
    HttpPeer forgotten = peers.remove(host);
    if (forgotten != null) {
      shared.peers().release(forgotten, grace);
    }
  }

  /** Their connections close as they become idle, at the latest after the grace period. */
  void clear() {
    while (!kept.isEmpty()) {
      forget(kept.remove());
    }
  }

  /** As {@link #clear}, for good. */
  void close() {
    closed = true;
    clear();
  }

  /** The pools of all of them as one. */
  public ConnectionStats stats() {
    ConnectionStats all = ConnectionStats.NONE;
    for (HttpPeer peer : peers.values()) {
      all = all.plus(shared.connections().stats(peer));
    }
    return all;
  }
}
