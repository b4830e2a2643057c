package io.upstream4j.core.config;

import java.util.OptionalInt;

/**
 * The number of consecutive failures that ejects a backend.
 *
 * @param protective whether the number depends on the other backends
 * @param failures a number that applies regardless of the other backends
 */
record InRow(boolean protective, OptionalInt failures) {
  static final String EXPECTED = "1 to 1000000, auto or off";
  static final InRow AUTO = new InRow(true, OptionalInt.empty());

  private static final InRow OFF = new InRow(false, OptionalInt.empty());
  private static final int MAX = 1_000_000;

  static InRow parse(String text) {
    return switch (text) {
      case "auto" -> AUTO;
      case "off" -> OFF;
      default -> {
        int failures = text.matches("[0-9]{1,7}") ? Integer.parseInt(text) : 0;
        if (failures < 1 || failures > MAX) {
          throw new IllegalArgumentException();
        }
        yield new InRow(false, OptionalInt.of(failures));
      }
    };
  }

  @Override
  public String toString() {
    return protective ? "auto" : failures.isPresent() ? "" + failures.getAsInt() : "off";
  }
}
