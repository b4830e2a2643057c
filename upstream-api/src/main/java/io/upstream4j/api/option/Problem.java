package io.upstream4j.api.option;

import static java.util.Objects.requireNonNull;

/**
 * One thing that is wrong with a configuration.
 *
 * @param location where
 * @param path the keys that lead there, joined by dots, such as {@code upstreams.api.algo.key};
 *     empty for the file as a whole
 * @param message what is wrong and what would be right
 */
public record Problem(Location location, String path, String message) {
  /** Checks the components. */
  public Problem {
    requireNonNull(location, "location");
    requireNonNull(path, "path");
    requireNonNull(message, "message");
  }

  /**
   * {@code source:line:column: path: message}, on one line: what a configuration holds of line ends
   * and other control characters is escaped, so that it cannot pass for a message of its own.
   */
  @Override
  public String toString() {
    String text = location + ": " + (path.isEmpty() ? "" : path + ": ") + message;
    if (text.chars().noneMatch(Character::isISOControl)) {
      return text;
    }
    StringBuilder visible = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\n') {
        visible.append("\\n");
      } else if (Character.isISOControl(c)) {
        visible.append(String.format("\\u%04x", (int) c));
      } else {
        visible.append(c);
      }
    }
    return visible.toString();
  }
}
