package io.upstream4j.distribution;

import static java.util.Objects.requireNonNull;

import io.upstream4j.api.option.VisibleText;
import io.upstream4j.distribution.text.VisibleWriter;
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

  /** The same, with a space for what nobody would see of what is printed. */
  Terminal onlyVisible() {
    return new Terminal(new VisibleWriter(out), new VisibleWriter(err));
  }

  /** The text as one line, with a space for what nobody would see. */
  static String printable(String text) {
    StringBuilder printable = new StringBuilder(text.length());
    text.codePoints().forEach(c -> printable.appendCodePoint(VisibleText.isVisible(c) ? c : ' '));
    return printable.toString();
  }
}
