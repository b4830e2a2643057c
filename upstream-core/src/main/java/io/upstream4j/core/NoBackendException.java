package io.upstream4j.core;

import io.upstream4j.core.peer.UpstreamException;

/** No backend may take the request now. A proxy answers 503. */
public final class NoBackendException extends UpstreamException {
  private static final long serialVersionUID = 1L;

  private final String reason;

  NoBackendException(String upstream, String reason) {
    super("upstream \"" + upstream + "\": " + reason);
    this.reason = reason;
  }

  /** Why, without the upstream's name, such as {@code no eligible backend}. */
  public String reason() {
    return reason;
  }
}
