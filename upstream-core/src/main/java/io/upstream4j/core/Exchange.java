package io.upstream4j.core;

import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;

/** SKELETON: bodies to come; the signatures hold. */
public final class Exchange implements AutoCloseable {
  Exchange() {}

  /**
   * Picks the peer for the next try and counts it as in flight. Backends that were tried before are
   * avoided while another may take the request.
   *
   * @throws NoBackendException when no backend may take the request now
   * @throws IllegalStateException while the try before has not failed
   */
  public HttpPeer newHttpPeer() {
    throw new IllegalStateException("skeleton");
  }

  /** The try's response is complete. */
  public void succeeded(int status) {
    throw new IllegalStateException("skeleton " + status);
  }

  /** The try broke off. */
  public void failed(PeerException cause) {
    throw new IllegalStateException("skeleton " + cause);
  }

  /**
   * Whether the request may be tried again after this failure: the peer cannot have seen it or its
   * method is idempotent, tries are left, and the upstream's budget allows it, from which a yes
   * takes its share. The caller knows whether it still has the body.
   */
  public boolean mayRetry(PeerException cause) {
    throw new IllegalStateException("skeleton " + cause);
  }

  /**
   * Ends the exchange; a try that neither succeeded nor failed was abandoned by the client, and
   * counts as neither. May be called again, without effect.
   */
  @Override
  public void close() {
    throw new IllegalStateException("skeleton");
  }
}
