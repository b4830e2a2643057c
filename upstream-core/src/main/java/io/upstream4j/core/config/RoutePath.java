package io.upstream4j.core.config;

import static java.util.Objects.requireNonNull;

/**
 * The paths that a route matches.
 *
 * @param kind how paths are compared with the text
 * @param text a path that begins with a slash, or a regular expression
 */
public record RoutePath(Kind kind, String text) {
  /** Every path. */
  public static final RoutePath ANY = new RoutePath(Kind.SEGMENTS, "/");

  /** How a path is compared with the text. */
  public enum Kind {
    /** The path begins with the segments of the text: {@code /api} matches {@code /api/x}. */
    SEGMENTS,
    /** The path equals the text. */
    EXACT,
    /** The path begins with the characters of the text: {@code /api} also matches {@code /apix}. */
    PREFIX,
    /** The path contains a match of the regular expression. */
    REGEX
  }

  /** Checks the components. */
  public RoutePath {
    requireNonNull(kind, "kind");
    requireNonNull(text, "text");
  }

  /** Returns the form in the configuration, for messages. */
  @Override
  public String toString() {
    return switch (kind) {
      case SEGMENTS -> text;
      case EXACT -> "= " + text;
      case PREFIX -> text + "*";
      case REGEX -> "~ " + text;
    };
  }
}
