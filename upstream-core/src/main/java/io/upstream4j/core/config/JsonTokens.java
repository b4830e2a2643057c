package io.upstream4j.core.config;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import io.upstream4j.api.option.Location;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads the tokens of a JSON text (RFC 8259). */
final class JsonTokens implements Tokens {
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNameLength(ConfigLoader.MAX_BYTES)
                  .maxNumberLength(ConfigLoader.MAX_BYTES)
                  .maxNestingDepth(Integer.MAX_VALUE) // the tree has its own limit
                  .build())
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          .build();

  /** Matches the beginning of JSON that is unusual for a YAML flow mapping. */
  private static final Pattern BEGIN = Pattern.compile("\\s*(\\{\\s*[\"}]|\\[\\s*[\"{\\[\\]])");

  private static final Pattern UNCLOSED =
      Pattern.compile("close marker for (Object|Array) .*line: (\\d+), column: (\\d+)");
  private static final Pattern CODE = Pattern.compile(" \\(code \\d+[^)]*\\)");

  private final String source;
  private final JsonParser parser;

  JsonTokens(String source, String text) {
    this.source = source;
    try {
      this.parser = FACTORY.createParser(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // a string cannot fail
    }
  }

  /** Returns whether a text is meant as JSON. YAML may read it differently. */
  static boolean looksLike(String text) {
    return BEGIN.matcher(text).lookingAt();
  }

  /** Reads a whole text. Returns its syntax error, or null. */
  static @Nullable SyntaxException check(String source, String text) {
    JsonTokens tokens = new JsonTokens(source, text);
    try {
      int depth = 0;
      do {
        Kind kind = tokens.next();
        depth += kind == Kind.MAPPING || kind == Kind.SEQUENCE ? 1 : kind == Kind.END ? -1 : 0;
      } while (depth > 0);
      return tokens.next() == Kind.EOF
          ? null
          : new SyntaxException(tokens.location(), "", "not JSON: text behind the end");
    } catch (SyntaxException e) {
      return e;
    }
  }

  @Override
  public Kind next() throws SyntaxException {
    try {
      JsonToken token = parser.nextToken();
      if (token == null) {
        return Kind.EOF;
      }
      return switch (token) {
        case START_OBJECT -> Kind.MAPPING;
        case START_ARRAY -> Kind.SEQUENCE;
        case END_OBJECT, END_ARRAY -> Kind.END;
        case VALUE_NULL -> Kind.NOTHING;
        default -> Kind.SCALAR;
      };
    } catch (JsonProcessingException e) {
      throw new SyntaxException(at(e.getLocation()), "", words(e.getOriginalMessage()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String words(String message) {
    Matcher unclosed = UNCLOSED.matcher(message);
    if (unclosed.find()) {
      String bracket = unclosed.group(1).equals("Object") ? "{" : "[";
      return "not JSON: the "
          + bracket
          + " at line "
          + unclosed.group(2)
          + ", column "
          + unclosed.group(3)
          + " is not closed (expected: "
          + (bracket.equals("{") ? "}" : "]")
          + ")";
    }
    if (message.contains("comment")) {
      return "not JSON: a comment (expected: none, or a file of YAML, with # before comments)";
    }
    if ((message.contains("'}'") && message.contains("field name"))
        || (message.contains("']'") && message.contains("expected a value"))) {
      return "not JSON: a comma with nothing behind it (expected: no comma before } or ])";
    }
    return "not JSON: " + CODE.matcher(message).replaceAll("").split("\n", 2)[0];
  }

  private Location at(@Nullable JsonLocation location) {
    return location == null
        ? new Location(source, 1, 1)
        : new Location(
            source, Math.max(1, location.getLineNr()), Math.max(1, location.getColumnNr()));
  }

  @Override
  public Location location() {
    return at(parser.currentTokenLocation());
  }

  @Override
  public String text() {
    try {
      return parser.currentToken() == JsonToken.FIELD_NAME
          ? parser.currentName()
          : parser.getText();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public boolean isPlain() {
    return false;
  }

  @Override
  public @Nullable String anchor() {
    return null;
  }

  @Override
  public @Nullable String tag() {
    return null;
  }
}
