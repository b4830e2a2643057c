package io.upstream4j.core.peer;

/** A request could not be served. Has no stack trace: it is part of normal traffic. */
public abstract class UpstreamException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception.
   *
   * @param message what is wrong, with the upstream's or the peer's name
   */
  protected UpstreamException(String message) {
    super(message, null, false, false);
  }
}
