package io.upstream4j.api.spi;

import org.jspecify.annotations.Nullable;

/**
 * Finds cookies in the text of a {@code Cookie} header, in place. Names and values are read as
 * nginx's {@code $cookie_NAME} reads them, so that a cookie leads to the same server there: names
 * match in any case, and a value is what stands between the equals sign and the next semicolon,
 * quotes (RFC 6265, 4.1.1) and blanks at its end included.
 */
public final class CookieHeader {
  /** What {@link #find} returns for a cookie that is not there. */
  public static final long NOT_FOUND = -1;

  private CookieHeader() {}

  /**
   * The first value of a cookie.
   *
   * @param header pairs of name=value between semicolons
   * @param name in any case
   * @return null when there is no such cookie
   */
  public static @Nullable String value(String header, String name) {
    long place = find(header, name);
    return place == NOT_FOUND ? null : header.substring(from(place), to(place));
  }

  /**
   * Finds the first value of a cookie without copying it.
   *
   * @param header pairs of name=value between semicolons
   * @param name in any case
   * @return a place for {@link #from} and {@link #to}, or {@link #NOT_FOUND}
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
        // nginx goes on behind this character, even if it is a semicolon.
        at = equals + 1;
      }
      at = skipBlanks(header, nextPair(header, at));
    }
    return NOT_FOUND;
  }

  // Commas separated cookies in RFC 2965.
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

  /** Where a value begins. */
  public static int from(long place) {
    return (int) (place >>> 32);
  }

  /** Where a value ends, exclusive. */
  public static int to(long place) {
    return (int) place;
  }
}
