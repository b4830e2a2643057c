package io.upstream4j.api.option;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * Describes the values of an option for programs, such as the generator of the JSON schema for
 * editors. A shape accepts every value that the option accepts, and possibly more.
 */
public sealed interface Shape {
  /** Text, a list or a mapping with any content. */
  record Anything() implements Shape {}

  /** Text, a number or a boolean. */
  record Text() implements Shape {}

  /**
   * A whole number.
   *
   * @param min the least value
   * @param max the greatest value
   */
  record Whole(int min, int max) implements Shape {}

  /**
   * A number.
   *
   * @param min the least value
   * @param max the greatest value
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
   * @param max the greatest number of bytes
   */
  record Size(long min, long max) implements Shape {}

  /**
   * One of several words, in lower or upper case.
   *
   * @param words the words as they are usually written
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
   * A list; a single item stands for a list of one.
   *
   * @param item the shape of each item
   */
  record ListOf(Shape item) implements Shape {
    /** Checks the component. */
    public ListOf {
      requireNonNull(item, "item");
    }
  }
}
