package io.upstream4j.core.config;

import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Problems;
import org.jspecify.annotations.Nullable;

/** The tokens of a YAML or JSON text. Not thread-safe. */
interface Tokens {
  /** The kind of a token. */
  enum Kind {
    /** The start of a mapping. Keys and values follow alternately, then {@link #END}. */
    MAPPING,
    /** The start of a list. */
    SEQUENCE,
    /** The end of a mapping or list. */
    END,
    /** Text of a value or key. */
    SCALAR,
    /** A null scalar, such as {@code ~}. */
    NOTHING,
    /** A reference to an anchor. */
    ALIAS,
    /** The end of the text. */
    EOF
  }

  /**
   * Advances to the next token.
   *
   * @throws SyntaxException when the text cannot be read further
   */
  Kind next() throws SyntaxException;

  /** Returns where the token begins. */
  Location location();

  /** Returns the text of a scalar after unescaping, or the name of an alias. */
  String text();

  /** Returns whether the token is a scalar without quotes. */
  boolean isPlain();

  /** Returns the anchor of the token. */
  @Nullable String anchor();

  /** Returns the tag of the token. */
  @Nullable String tag();

  /** Thrown at a syntax error, after which the rest cannot be read. */
  final class SyntaxException extends Exception {
    private static final long serialVersionUID = 1L;
    private final transient Location location;
    private final String path;

    SyntaxException(Location location, String path, String message) {
      super(message, null, false, false);
      this.location = location;
      this.path = path;
    }

    void addTo(Problems problems) {
      problems.add(location, path, String.valueOf(getMessage()));
    }
  }
}
