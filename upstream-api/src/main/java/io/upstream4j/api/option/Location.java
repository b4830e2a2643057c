package io.upstream4j.api.option;

import static java.util.Objects.requireNonNull;

/**
 * A place in a configuration source.
 *
 * @param source the file's name as the user gave it, or a name for another kind of source
 * @param line the line, from 1
 * @param column the column, from 1
 */
public record Location(String source, int line, int column) {
  /** Checks the components. */
  public Location {
    requireNonNull(source, "source");
    if (line < 1 || column < 1) {
      throw new IllegalArgumentException(
          "line and column: " + line + ":" + column + " (expected: from 1)");
    }
  }

  /** Returns {@code source:line:column}, the form that compilers and editors use. */
  @Override
  public String toString() {
    return source + ":" + line + ":" + column;
  }
}
