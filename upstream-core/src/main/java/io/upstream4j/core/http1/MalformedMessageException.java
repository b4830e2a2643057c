package io.upstream4j.core.http1;

/**
 * A message of HTTP/1.1 that breaks its rules, can be read in more than one way, or exceeds a
 * limit. Has no stack trace: peers cause as many as they like.
 */
public final class MalformedMessageException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final boolean tooLarge;

  private MalformedMessageException(String detail, boolean tooLarge) {
    super(detail);
    this.tooLarge = tooLarge;
  }

  /** Creates the failure of a message that is against the rules. */
  public static MalformedMessageException malformed(String detail) {
    return new MalformedMessageException(detail, false);
  }

  /** Creates the failure of a message that is larger than is accepted here. */
  public static MalformedMessageException tooLarge(String detail) {
    return new MalformedMessageException(detail, true);
  }

  /** Whether only a limit forbids it. */
  public boolean isTooLarge() {
    return tooLarge;
  }

  @Override
  public synchronized Throwable fillInStackTrace() {
    return this;
  }
}
