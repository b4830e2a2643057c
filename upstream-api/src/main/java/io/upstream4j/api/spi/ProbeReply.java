package io.upstream4j.api.spi;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;

/**
 * The answer of a server to {@link ProbeBytes}.
 *
 * @param content the bytes read, at most {@link ProbeBytes#maxBytes}
 * @param end why reading ended
 */
public record ProbeReply(ByteBuffer content, End end) {
  /** Why reading an answer ended. */
  public enum End {
    /** {@link ProbeBytes#isEnough} returned true. */
    ENOUGH,
    /** {@link ProbeBytes#maxBytes} were read, and were not enough. */
    FULL,
    /** The server closed the connection. */
    CLOSED,
    /** The time limit of the health check expired. */
    TIMED_OUT
  }

  /** Checks the components. Does not copy the bytes of the content. */
  public ProbeReply {
    content = content.asReadOnlyBuffer();
    requireNonNull(end, "end");
  }

  /** Returns a new view of the content, positioned at its beginning. */
  @Override
  public ByteBuffer content() {
    return content.duplicate();
  }
}
