package io.upstream4j.core.config;

import static java.util.Objects.requireNonNull;

/**
 * The paths that a route is for.
 *
 * @param kind how paths are compared with the text
 * @param text a path that begins with a slash, or a regular expression
 */
public record RoutePath(Kind kind, String text) {
  /** Every path. */
  public static final RoutePath ANY = new RoutePath(Kind.SEGMENTS, "/");

  /** How a path is compared. */
  public enum Kind {
    /** It begins with the segments of the text: {@code /api} is for {@code /api/x}. */
    SEGMENTS,
    /** It is the text. */
    EXACT,
    /** It begins with the characters of the text: {@code /api} is for {@code /apix} as well. */
    PREFIX,
    /** The regular expression is found in it. */
    REGEX
  }

  /** Checks the components. */
  public RoutePath {
    requireNonNull(kind, "kind");
    requireNonNull(text, "text");
  }

  /** As a configuration has it, for messages. */
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
