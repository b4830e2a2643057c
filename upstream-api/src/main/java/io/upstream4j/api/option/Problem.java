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

  /** {@code source:line:column: path: message}. */
  @Override
  public String toString() {
    return location + ": " + (path.isEmpty() ? "" : path + ": ") + message;
  }
}
