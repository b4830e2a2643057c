package io.upstream4j.distribution;

/** How a command prints what it found. */
enum Format {
  TABLE,
  JSON;

  /**
   * Reads the name of a format.
   *
   * @throws IllegalArgumentException when there is none of that name
   */
  static Format parse(String text) {
    return switch (text) {
      case "table" -> TABLE;
      case "json" -> JSON;
      default -> throw new IllegalArgumentException("\"" + text + "\" (expected: table or json)");
    };
  }
}
