package io.upstream4j.discovery.docker;

import io.upstream4j.api.spi.Backend;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/**
 * The settings in the labels of a container. They take precedence over the entry of the
 * configuration.
 *
 * @param labels the labels of the container
 */
record Labels(Map<String, String> labels) {
  static final String NAME = "upstream4j.name";
  static final String PORT = "upstream4j.port";
  static final String WEIGHT = "upstream4j.weight";
  static final String NETWORK = "upstream4j.network";
  static final String ZONE = "upstream4j.zone";
  static final String PRIORITY = "upstream4j.priority";

  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,5}");

  OptionalInt port() {
    return number(PORT, 1, 65_535);
  }

  OptionalInt weight() {
    return number(WEIGHT, 0, Backend.MAX_WEIGHT);
  }

  OptionalInt priority() {
    return number(PRIORITY, 0, 65_535);
  }

  Optional<String> network() {
    return text(NETWORK);
  }

  Optional<String> zone() {
    return text(ZONE);
  }

  private Optional<String> text(String label) {
    String text = labels.get(label);
    if (text != null && text.isBlank()) {
      throw new IllegalArgumentException(label + " is empty (expected: a name, or no label)");
    }
    return Optional.ofNullable(text);
  }

  private OptionalInt number(String label, int min, int max) {
    String text = labels.get(label);
    if (text == null) {
      return OptionalInt.empty();
    }
    int number = NUMBER.matcher(text).matches() ? Integer.parseInt(text) : -1;
    if (number < min || number > max) {
      throw new IllegalArgumentException(
          label + " is \"" + text + "\" (expected: " + min + " to " + max + ")");
    }
    return OptionalInt.of(number);
  }
}
