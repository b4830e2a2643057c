package io.upstream4j.api.spi;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.util.function.Predicate;

/**
 * Bytes that a probe sends to a server of any protocol, and when its answer is complete.
 *
 * @param content what is sent as soon as the connection is open; empty for nothing, when the server
 *     speaks first
 * @param maxBytes how much of the answer is read at most; at least 1
 * @param isEnough whether the answer so far, from its beginning, need not go on. Asked whenever
 *     some of it has come, by a thread that must not be blocked; the bytes are its only during the
 *     call
 */
public record ProbeBytes(ByteBuffer content, int maxBytes, Predicate<ByteBuffer> isEnough) {
  /** Checks the components; the bytes of the content are shared. */
  public ProbeBytes {
    content = content.asReadOnlyBuffer();
    requireNonNull(isEnough, "isEnough");
    if (maxBytes < 1) {
      throw new IllegalArgumentException("maxBytes: " + maxBytes + " (expected: from 1)");
    }
  }

  /** What is sent, to be read from its beginning. */
  @Override
  public ByteBuffer content() {
    return content.duplicate();
  }
}
