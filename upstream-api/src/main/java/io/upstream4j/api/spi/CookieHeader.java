package io.upstream4j.api.spi;

import org.jspecify.annotations.Nullable;

/**
 * Finds cookies in the text of a {@code Cookie} header without copying. Names and values are read
 * as nginx reads {@code $cookie_NAME}, so that a cookie leads to the same server in both: names are
 * case-insensitive, and a value extends from the equals sign to the next semicolon, including
 * quotes (RFC 6265, section 4.1.1) and trailing blanks.
 */
public final class CookieHeader {
  /** Returned by {@link #find} when the cookie is missing. */
  public static final long NOT_FOUND = -1;

  private CookieHeader() {}

  /**
   * Returns the first value of a cookie.
   *
   * @param header name=value pairs separated by semicolons
   * @param name the name, case-insensitive
   * @return the value, or null when there is no such cookie
   */
  public static @Nullable String value(String header, String name) {
    long place = find(header, name);
    return place == NOT_FOUND ? null : header.substring(from(place), to(place));
  }

  /**
   * Finds the first value of a cookie without copying it.
   *
   * @param header name=value pairs separated by semicolons
   * @param name the name, case-insensitive
   * @return a position to decode with {@link #from} and {@link #to}, or {@link #NOT_FOUND}
   */
  public static long find(String header, String name) {
    int end = header.length();
    int at = 0;
    while (at < end) {
      if (header.regionMatches(true, at, name, 0, name.length())) {
        int equals = skipBlanks(header, at + name.length());
        if (equals < end && header.charAt(equals) == '=') {
          int from = skipBlanks(header, equals + 1);
          int semicolon = header.indexOf(';', from);
          return (long) from << 32 | (semicolon < 0 ? end : semicolon);
        }
        // nginx continues after this character, even if it is a semicolon.
        at = equals + 1;
      }
      at = skipBlanks(header, nextPair(header, at));
    }
    return NOT_FOUND;
  }

  // RFC 2965 also separates cookies with commas.
  private static int nextPair(String header, int from) {
    int at = from;
    while (at < header.length()) {
      char c = header.charAt(at++);
      if (c == ';' || c == ',') {
        break;
      }
    }
    return at;
  }

  private static int skipBlanks(String text, int from) {
    int at = from;
    while (at < text.length() && text.charAt(at) == ' ') {
      at++;
    }
    return at;
  }

  /** Returns the index at which the value begins. */
  public static int from(long place) {
    return (int) (place >>> 32);
  }

  /** Returns the index at which the value ends, exclusive. */
  public static int to(long place) {
    return (int) place;
  }
}
