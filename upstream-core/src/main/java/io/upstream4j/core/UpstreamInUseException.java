package io.upstream4j.core;

/** An upstream cannot be removed while a route leads to it. */
public final class UpstreamInUseException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  UpstreamInUseException(String message) {
    super(message);
  }
}
