package io.upstream4j.distribution;

import static java.util.Objects.requireNonNull;

import io.upstream4j.api.option.VisibleText;
import io.upstream4j.distribution.text.VisibleWriter;
import java.io.PrintWriter;

/**
 * The output of a command. Both writers flush after each line and are thread-safe.
 *
 * @param out the requested output
 * @param err errors and events
 */
record Terminal(PrintWriter out, PrintWriter err) {
  /** Checks the components. */
  Terminal {
    requireNonNull(out, "out");
    requireNonNull(err, "err");
  }

  /** Returns a copy that replaces invisible characters with spaces. */
  Terminal onlyVisible() {
    return new Terminal(new VisibleWriter(out), new VisibleWriter(err));
  }

  /** Returns a text on one line, with spaces in place of invisible characters. */
  static String printable(String text) {
    StringBuilder printable = new StringBuilder(text.length());
    text.codePoints().forEach(c -> printable.appendCodePoint(VisibleText.isVisible(c) ? c : ' '));
    return printable.toString();
  }
}
