package io.upstream4j.distribution;

import static java.util.Objects.requireNonNull;

import java.io.PrintWriter;

/**
 * Where a command prints. Both writers flush at each line, and may be used by any thread.
 *
 * @param out what was asked for
 * @param err what went wrong, and events
 */
record Terminal(PrintWriter out, PrintWriter err) {
  /** Checks the components. */
  Terminal {
    requireNonNull(out, "out");
    requireNonNull(err, "err");
  }

  /**
   * The text with a space for each control character, as what comes from a network may have any.
   */
  static String printable(String text) {
    return text.replaceAll("\\p{Cntrl}", " ");
  }
}
