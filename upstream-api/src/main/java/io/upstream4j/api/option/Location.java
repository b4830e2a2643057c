package io.upstream4j.api.option;

import static java.util.Objects.requireNonNull;

/**
 * A place in a configuration source.
 *
 * @param source the file's name as the user gave it, or what stands for it
 * @param line 1 is the first
 * @param column 1 is the first
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

  /** As compilers and editors write and read it: {@code source:line:column}. */
  @Override
  public String toString() {
    return source + ":" + line + ":" + column;
  }
}
