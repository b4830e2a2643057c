package io.upstream4j.core;

import io.upstream4j.core.peer.UpstreamException;
import io.upstream4j.core.stats.Refusal;

/** No backend may take the request now. A proxy answers 503. */
public final class NoBackendException extends UpstreamException {
  private static final long serialVersionUID = 1L;

  private final String reason;
  private final Refusal refusal;

  NoBackendException(String upstream, Refusal refusal, String reason) {
    super("upstream \"" + upstream + "\": " + reason);
    this.reason = reason;
    this.refusal = refusal;
  }

  /** Why, without the upstream's name, such as {@code no eligible backend}. */
  public String reason() {
    return reason;
  }

  /** Of which kind the reason is. */
  public Refusal refusal() {
    return refusal;
  }
}
