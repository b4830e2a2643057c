package io.upstream4j.distribution.convert;

import java.util.List;

/** Finds the files that a configuration includes. */
@FunctionalInterface
public interface SourceFiles {
  /**
   * A file and its content.
   *
   * @param name as messages call it
   * @param text its content
   */
  record SourceFile(String name, String text) {}

  /**
   * Finds files.
   *
   * @param including the file that includes them
   * @param pattern a name relative to that, in whose last part {@code *} stands for anything
   * @return none when there are none
   * @throws io.upstream4j.api.option.ConfigException when one cannot be read
   */
  List<SourceFile> find(String including, String pattern);
}
