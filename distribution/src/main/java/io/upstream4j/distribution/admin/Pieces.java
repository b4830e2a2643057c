package io.upstream4j.distribution.admin;

import java.io.IOException;
import java.io.OutputStream;

/**
 * A body that is created while it is sent, so that only the part in transit is in memory. Called by
 * one thread at a time, not always the same. Not called after the end; may be abandoned before.
 */
@FunctionalInterface
interface Pieces {
  /**
   * Writes the next part, a few kilobytes however large the whole is.
   *
   * @return whether there is more
   */
  boolean next(OutputStream out) throws IOException;
}
