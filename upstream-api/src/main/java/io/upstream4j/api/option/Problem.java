package io.upstream4j.api.option;

import static java.util.Objects.requireNonNull;

/**
 * One problem of a configuration. Overlong components keep their beginning and their end.
 *
 * @param location where the problem is
 * @param path the keys that lead there, joined by dots, such as {@code upstreams.api.algo.key};
 *     empty for the file as a whole; shortened to 400 characters
 * @param message what is wrong and what would be right; shortened to 2,500 characters
 */
public record Problem(Location location, String path, String message) {
  private static final int MAX_PATH = 400;
  private static final int MAX_MESSAGE = 2_500;
  private static final int MAX_QUOTED = 100;

  /** Checks the components and shortens the overlong ones. */
  public Problem {
    requireNonNull(location, "location");
    path = VisibleText.shortened(requireNonNull(path, "path"), MAX_PATH);
    message = VisibleText.shortened(requireNonNull(message, "message"), MAX_MESSAGE);
  }

  /**
   * Quotes a text of the configuration for a message. Of a text over 100 characters, gives the
   * beginning and the length.
   */
  public static String quoted(String text) {
    return text.length() <= MAX_QUOTED
        ? "\"" + text + "\""
        : "\"" + VisibleText.head(text, MAX_QUOTED) + "...\" (" + text.length() + " characters)";
  }

  /**
   * Returns {@code source:line:column: path: message} on one line. Line ends and other control
   * characters of the configuration are escaped, so that they cannot forge a message.
   */
  @Override
  public String toString() {
    return VisibleText.escaped(location + ": " + (path.isEmpty() ? "" : path + ": ") + message);
  }
}
