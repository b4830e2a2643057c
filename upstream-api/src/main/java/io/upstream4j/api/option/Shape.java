package io.upstream4j.api.option;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * What a value looks like, for programs that describe a configuration, such as the schema for
 * editors. It is never stricter than the option that reads the value, and may say less.
 */
public sealed interface Shape {
  /** Text, lists and mappings of any kind. */
  record Anything() implements Shape {}

  /** Text, a number or a flag. */
  record Text() implements Shape {}

  /**
   * A whole number.
   *
   * @param min the least
   * @param max the greatest
   */
  record Whole(int min, int max) implements Shape {}

  /**
   * A number.
   *
   * @param min the least
   * @param max the greatest
   */
  record Decimal(double min, double max) implements Shape {}

  /** {@code true} or {@code false}. */
  record Flag() implements Shape {}

  /** A duration such as {@code 500ms}, or {@code 0}. */
  record Time() implements Shape {}

  /**
   * A size such as {@code 64KiB}, or a number of bytes.
   *
   * @param min the least number of bytes
   * @param max the greatest
   */
  record Size(long min, long max) implements Shape {}

  /**
   * One of some words, which may be written in capitals, too.
   *
   * @param words as they are usually written
   */
  record Choice(List<String> words) implements Shape {
    /** Copies the words. */
    public Choice {
      words = List.copyOf(words);
    }
  }

  /** A mapping of names to texts. */
  record Texts() implements Shape {}

  /**
   * A list; one item alone is a list of one.
   *
   * @param item what each looks like
   */
  record ListOf(Shape item) implements Shape {
    /** Checks the component. */
    public ListOf {
      requireNonNull(item, "item");
    }
  }
}
