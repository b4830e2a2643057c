package io.upstream4j.api.option;

import static java.util.Objects.requireNonNull;

/**
 * One thing that is wrong with a configuration.
 *
 * @param location where
 * @param path the keys that lead there, joined by dots, such as {@code upstreams.api.algo.key};
 *     empty for the file as a whole; of one of more than 400 characters, the beginning and the end
 * @param message what is wrong and what would be right; of one of more than 2,500 characters, the
 *     beginning and the end
 */
public record Problem(Location location, String path, String message) {
  private static final int MAX_PATH = 400;
  private static final int MAX_MESSAGE = 2_500;
  private static final int MAX_QUOTED = 100;

  /** Checks the components, and shortens those that nobody would read. */
  public Problem {
    requireNonNull(location, "location");
    path = VisibleText.shortened(requireNonNull(path, "path"), MAX_PATH);
    message = VisibleText.shortened(requireNonNull(message, "message"), MAX_MESSAGE);
  }

  /**
   * A text of the configuration in quotes, for messages; the beginning and the length of one that
   * nobody would read to its end.
   */
  public static String quoted(String text) {
    return text.length() <= MAX_QUOTED
        ? "\"" + text + "\""
        : "\"" + VisibleText.head(text, MAX_QUOTED) + "...\" (" + text.length() + " characters)";
  }

  /**
   * {@code source:line:column: path: message}, on one line: what a configuration holds of line ends
   * and other control characters is escaped, so that it cannot pass for a message of its own.
   */
  @Override
  public String toString() {
    return VisibleText.escaped(location + ": " + (path.isEmpty() ? "" : path + ": ") + message);
  }
}
