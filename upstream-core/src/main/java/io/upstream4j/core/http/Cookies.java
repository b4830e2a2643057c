package io.upstream4j.core.http;

import org.jspecify.annotations.Nullable;

/** Reads a Cookie header: RFC 6265, 4.2.1. */
public final class Cookies {
  private Cookies() {}

  /**
   * The first value of a cookie.
   *
   * @param header pairs of name=value between semicolons
   * @param name in the case that the client sends
   * @return without the quotes around it; null when there is no such cookie
   */
  public static @Nullable String value(String header, String name) {
    int length = header.length();
    int start = 0;
    while (start < length) {
      int end = header.indexOf(';', start);
      if (end < 0) {
        end = length;
      }
      while (start < end && isSpace(header.charAt(start))) {
        start++;
      }
      int equals = start + name.length();
      if (equals < end
          && header.charAt(equals) == '='
          && header.regionMatches(start, name, 0, name.length())) {
        return unquoted(header, equals + 1, end);
      }
      start = end + 1;
    }
    return null;
  }

  private static String unquoted(String text, int from, int to) {
    int start = from;
    int end = to;
    while (end > start && isSpace(text.charAt(end - 1))) {
      end--;
    }
    if (end - start >= 2 && text.charAt(start) == '"' && text.charAt(end - 1) == '"') {
      start++;
      end--;
    }
    return text.substring(start, end);
  }

  private static boolean isSpace(char c) {
    return c == ' ' || c == '\t';
  }
}
