package io.upstream4j.core.peer;

/**
 * How much of a response's head is accepted, and of its trailers.
 *
 * @param fields how many; at least 1
 * @param bytes of names and values, and 32 more for each field, as HTTP/2 counts them (RFC 9113,
 *     6.5.2); at least 1,024
 */
public record ResponseLimits(int fields, int bytes) {
  /**
   * A thousand fields, many more than a client may send, as servers add fields of many parts; and
   * 64 KiB.
   */
  public static final ResponseLimits DEFAULT = new ResponseLimits(1_000, 64 << 10);

  /** Checks the components. */
  public ResponseLimits {
    if (fields < 1) {
      throw new IllegalArgumentException("fields: " + fields + " (expected: from 1)");
    }
    if (bytes < 1_024) {
      throw new IllegalArgumentException("bytes: " + bytes + " (expected: from 1024)");
    }
  }
}
