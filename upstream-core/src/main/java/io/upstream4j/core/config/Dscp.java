package io.upstream4j.core.config;

import java.util.Locale;

/** Parses a DSCP by its number or name. */
final class Dscp {
  static final String EXPECTED = "0 to 63, or a name such as EF, AF41 or CS1";

  private static final int GREATEST = 63;

  private Dscp() {}

  /**
   * Returns the code point: RFC 2474 for CS, RFC 2597 for AF, RFC 3246 for EF, RFC 5865 for VA, RFC
   * 8622 for LE.
   *
   * @throws IllegalArgumentException when the text is not a DSCP
   */
  static int parse(String text) {
    String name = text.toUpperCase(Locale.ROOT);
    if (name.matches("[0-9]{1,2}") && Integer.parseInt(name) <= GREATEST) {
      return Integer.parseInt(name);
    }
    if (name.matches("CS[0-7]")) {
      return 8 * (name.charAt(2) - '0');
    }
    if (name.matches("AF[1-4][1-3]")) {
      return 8 * (name.charAt(2) - '0') + 2 * (name.charAt(3) - '0');
    }
    return switch (name) {
      case "DF" -> 0;
      case "LE" -> 1;
      case "VA" -> 44;
      case "EF" -> 46;
      default -> throw new IllegalArgumentException("(expected: " + EXPECTED + ")");
    };
  }
}
