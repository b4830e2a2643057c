package io.upstream4j.core.peer;

/**
 * Thrown when a request could not be served. Has no stack trace, because it is part of normal
 * traffic.
 */
public abstract class UpstreamException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception.
   *
   * @param message what is wrong, with the name of the upstream or the peer
   */
  protected UpstreamException(String message) {
    super(message, null, false, false);
  }
}
