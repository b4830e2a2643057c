package io.upstream4j.core;

import io.upstream4j.api.spi.RequestView;
import io.upstream4j.core.peer.HttpPeer;

/** SKELETON: bodies to come; the signatures hold. */
public final class Upstream {
  Upstream() {}

  /** The name in the configuration. */
  public String name() {
    throw new IllegalStateException("skeleton");
  }

  /**
   * Begins a request, which may take several tries.
   *
   * @param request must stay readable until the exchange is closed
   */
  public Exchange begin(RequestView request) {
    throw new IllegalStateException("skeleton " + request);
  }

  /**
   * Picks a peer for a request of one try, whose outcome nobody reports.
   *
   * @throws NoBackendException when no backend may take the request now
   */
  public HttpPeer newHttpPeer(RequestView request) {
    throw new IllegalStateException("skeleton " + request);
  }

  /** Picks a peer for a request of which nothing is known. */
  public HttpPeer newHttpPeer() {
    throw new IllegalStateException("skeleton");
  }

  /** Asks the discovery again now. */
  public void refresh() {
    throw new IllegalStateException("skeleton");
  }

  /** The state of the upstream and its backends. */
  public UpstreamStats stats() {
    throw new IllegalStateException("skeleton");
  }
}
