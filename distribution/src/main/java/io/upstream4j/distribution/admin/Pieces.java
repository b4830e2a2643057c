package io.upstream4j.distribution.admin;

import java.io.IOException;
import java.io.OutputStream;

/**
 * A body that is made while it is sent, so that no more of it is in memory than is on its way.
 * Asked by one thread at a time, not always the same; nobody asks again after the end, or may stop
 * before.
 */
@FunctionalInterface
interface Pieces {
  /**
   * Writes what comes next: a few kilobytes, however large the whole is.
   *
   * @return whether there is more
   */
  boolean next(OutputStream out) throws IOException;
}
