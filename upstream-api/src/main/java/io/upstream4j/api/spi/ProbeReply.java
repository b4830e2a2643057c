package io.upstream4j.api.spi;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;

/**
 * What a server answered to {@link ProbeBytes}.
 *
 * @param content what came, up to what was to be read
 * @param end why no more was read
 */
public record ProbeReply(ByteBuffer content, End end) {
  /** Why no more of an answer is read. */
  public enum End {
    /** It was {@linkplain ProbeBytes#isEnough enough}. */
    ENOUGH,
    /** As much came as was to be read, and it was not enough. */
    FULL,
    /** The server closed the connection. */
    CLOSED,
    /** The time of the health check ran out. */
    TIMED_OUT
  }

  /** Checks the components; the bytes of the content are shared. */
  public ProbeReply {
    content = content.asReadOnlyBuffer();
    requireNonNull(end, "end");
  }

  /** What came, to be read from its beginning. */
  @Override
  public ByteBuffer content() {
    return content.duplicate();
  }
}
