package io.upstream4j.core.config;

import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Problems;
import org.jspecify.annotations.Nullable;

/** What a text of YAML or JSON consists of, one part after the other. For one thread. */
interface Tokens {
  /** What a part is. */
  enum Kind {
    /** The start of a mapping; keys and values follow in turn, then {@link #END}. */
    MAPPING,
    /** The start of a list. */
    SEQUENCE,
    /** The end of a mapping or list. */
    END,
    /** Text, as a value or as a key. */
    SCALAR,
    /** A scalar that stands for nothing, such as {@code ~}. */
    NOTHING,
    /** The name of an anchor. */
    ALIAS,
    /** The end of the text. */
    EOF
  }

  /**
   * Goes to the next part.
   *
   * @throws SyntaxException when there is none that can be read
   */
  Kind next() throws SyntaxException;

  /** Where the part begins. */
  Location location();

  /** Of a scalar, as written but for escapes; of an alias, the name. */
  String text();

  /** Whether it is a scalar without quotes. */
  boolean isPlain();

  /** The anchor that names the part. */
  @Nullable String anchor();

  /** The tag before the part. */
  @Nullable String tag();

  /** The text is not what it should be; what cannot be read any further. */
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
