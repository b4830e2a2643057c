package io.upstream4j.distribution;

import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Parses an enum constant given in lower case on the command line. */
final class Choice {
  private Choice() {}

  /**
   * Returns the constant with a name.
   *
   * @param type an enum of at least two constants
   * @throws IllegalArgumentException when there is no such constant
   */
  static <E extends Enum<E>> E of(Class<E> type, String text) {
    E[] constants = type.getEnumConstants();
    for (E constant : constants) {
      if (name(constant).equals(text)) {
        return constant;
      }
    }
    String others =
        Stream.of(constants)
            .limit(constants.length - 1)
            .map(Choice::name)
            .collect(Collectors.joining(", "));
    throw new IllegalArgumentException(
        "\""
            + text
            + "\" (expected: "
            + others
            + " or "
            + name(constants[constants.length - 1])
            + ")");
  }

  private static String name(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }
}
