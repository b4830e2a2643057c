package io.upstream4j.core.peer;

/**
 * Limits of a response's head, and of its trailers.
 *
 * @param fields the number of fields; at least 1
 * @param bytes the length of names and values, plus 32 for each field, as in HTTP/2 (RFC 9113,
 *     section 6.5.2); at least 1,024
 */
public record ResponseLimits(int fields, int bytes) {
  /**
   * 64 KiB and 1,000 fields. The limit of fields is much greater than for requests, as servers may
   * split a field into many.
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
