package io.upstream4j.distribution.convert;

import io.upstream4j.api.option.Location;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds where the keys of a text of TOML stand, which the parser does not tell.
 *
 * <p>Only for a text that was parsed: it relies on strings and brackets that end. Keys inside of
 * inline tables are not looked for; they stand where the key before the table does.
 */
final class TomlPlaces {
  /** Where a key stands first, and the keys below it. */
  static final class Place {
    private final Location at;
    private final Map<String, Place> inner = new HashMap<>();

    private Place(Location at) {
      this.at = at;
    }

    Location at() {
      return at;
    }

    /** Of a key below this one; null when it was not looked for. */
    @Nullable Place inner(String key) {
      return inner.get(key);
    }
  }

  private final String source;
  private final String text;
  private final Place root;
  private int at;
  private int line = 1;
  private int lineStart;

  private TomlPlaces(String source, String text) {
    this.source = source;
    this.text = text;
    this.root = new Place(new Location(source, 1, 1));
  }

  /** The place of the text, with those of its keys below it. */
  static Place of(String source, String text) {
    TomlPlaces places = new TomlPlaces(source, text);
    places.scan();
    return places.root;
  }

  private void scan() {
    Place table = root;
    while (true) {
      skipBlank();
      if (at >= text.length()) {
        return;
      }
      if (text.charAt(at) == '[') {
        Location place = here();
        at += text.startsWith("[[", at) ? 2 : 1;
        table = keys(root, place);
        skipValue(); // the brackets that close, to the end of the line
      } else {
        keys(table, here());
        at++; // the equals sign
        skipValue();
      }
    }
  }

  /** Reads a key and its parts, and notes each that is new. */
  private Place keys(Place table, Location location) {
    Place place = table;
    while (true) {
      skipSpaces();
      place = place.inner.computeIfAbsent(part(), key -> new Place(location));
      skipSpaces();
      if (at >= text.length() || text.charAt(at) != '.') {
        return place;
      }
      at++;
    }
  }

  private String part() {
    char quote = text.charAt(at);
    int start = at;
    if (quote == '"' || quote == '\'') {
      skipString(quote);
      String raw = text.substring(start + 1, at - 1);
      return quote == '"' ? raw.replace("\\\"", "\"").replace("\\\\", "\\") : raw;
    }
    while (at < text.length() && isBare(text.charAt(at))) {
      at++;
    }
    return text.substring(start, at);
  }

  private static boolean isBare(char c) {
    return Character.isLetterOrDigit(c) || c == '_' || c == '-';
  }

  /** To the end of the line that no string and no bracket holds open. */
  private void skipValue() {
    int depth = 0;
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == '"' || c == '\'') {
        skipString(c);
        continue;
      }
      if (c == '#') {
        skipComment();
        continue;
      }
      if (c == '\n') {
        if (depth <= 0) {
          return;
        }
        newLine();
      }
      depth += c == '[' || c == '{' ? 1 : c == ']' || c == '}' ? -1 : 0;
      at++;
    }
  }

  private void skipString(char quote) {
    String three = String.valueOf(quote).repeat(3);
    boolean block = text.startsWith(three, at);
    at += block ? 3 : 1;
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == '\n') {
        newLine();
      }
      if (c == '\\' && quote == '"') {
        at++;
        if (at < text.length() && text.charAt(at) == '\n') {
          newLine();
        }
      } else if (!block && c == quote) {
        at++;
        return;
      } else if (block && text.startsWith(three, at)) {
        at += 3;
        while (at < text.length() && text.charAt(at) == quote) {
          at++; // quotes of the text itself before the three that end it
        }
        return;
      }
      at++;
    }
  }

  private void skipComment() {
    while (at < text.length() && text.charAt(at) != '\n') {
      at++;
    }
  }

  private void skipSpaces() {
    while (at < text.length() && (text.charAt(at) == ' ' || text.charAt(at) == '\t')) {
      at++;
    }
  }

  private void skipBlank() {
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == '#') {
        skipComment();
      } else if (Character.isWhitespace(c)) {
        if (c == '\n') {
          newLine();
        }
        at++;
      } else {
        return;
      }
    }
  }

  /** Notes that a line begins behind the character at hand. */
  private void newLine() {
    line++;
    lineStart = at + 1;
  }

  private Location here() {
    return new Location(source, line, text.codePointCount(lineStart, at) + 1);
  }
}
