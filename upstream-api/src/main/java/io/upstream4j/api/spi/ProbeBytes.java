package io.upstream4j.api.spi;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.util.function.Predicate;

/**
 * The bytes that a probe sends to a server of any protocol, and the condition that ends its answer.
 *
 * @param content sent as soon as the connection is open; empty when the server speaks first
 * @param maxBytes the greatest number of bytes to read; at least 1
 * @param isEnough tests whether the answer so far, from its beginning, is complete. Called whenever
 *     bytes arrive, by a thread that must not be blocked. The buffer is valid only during the call.
 */
public record ProbeBytes(ByteBuffer content, int maxBytes, Predicate<ByteBuffer> isEnough) {
  /** Checks the components. Does not copy the bytes of the content. */
  public ProbeBytes {
    content = content.asReadOnlyBuffer();
    requireNonNull(isEnough, "isEnough");
    if (maxBytes < 1) {
      throw new IllegalArgumentException("maxBytes: " + maxBytes + " (expected: from 1)");
    }
  }

  /** Returns a new view of the content, positioned at its beginning. */
  @Override
  public ByteBuffer content() {
    return content.duplicate();
  }
}
