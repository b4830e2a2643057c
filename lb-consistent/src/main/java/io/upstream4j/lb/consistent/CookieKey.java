package io.upstream4j.lb.consistent;

import io.upstream4j.api.spi.RequestView;
import org.jspecify.annotations.Nullable;

/** The value of a cookie, without the quotes that RFC 6265, 4.1.1 allows around it. */
final class CookieKey implements RequestKey {
  private static final long NOT_HERE = -1;

  private final String name;

  CookieKey(String name) {
    this.name = name;
  }

  @Override
  public long hash(RequestView request) {
    // Read in place, as a value cut out of the header would be a new string. A request may have
    // more than one cookie header (HTTP/2 allows it): then the view finds it.
    String header = request.header("cookie");
    long part = header == null ? NOT_HERE : find(header);
    return header == null || part == NOT_HERE
        ? RequestKey.hash(request.cookie(name))
        : RequestKey.hash(header, from(part), to(part));
  }

  @Override
  public @Nullable String text(RequestView request) {
    String header = request.header("cookie");
    long part = header == null ? NOT_HERE : find(header);
    return RequestKey.nullIfEmpty(
        header == null || part == NOT_HERE
            ? request.cookie(name)
            : header.substring(from(part), to(part)));
  }

  private static int from(long part) {
    return (int) (part >>> 32);
  }

  private static int to(long part) {
    return (int) part;
  }

  /** Where the value stands: from, in the upper half, to, in the lower. */
  private long find(String header) {
    int at = 0;
    while (at < header.length()) {
      int end = header.indexOf(';', at);
      if (end < 0) {
        end = header.length();
      }
      int start = skipBlanks(header, at, end);
      int equals = start + name.length();
      if (equals < end && header.startsWith(name, start) && header.charAt(equals) == '=') {
        return value(header, equals + 1, end);
      }
      at = end + 1;
    }
    return NOT_HERE;
  }

  private static long value(String header, int from, int to) {
    int start = skipBlanks(header, from, to);
    int end = to;
    while (end > start && isBlank(header.charAt(end - 1))) {
      end--;
    }
    if (end - start >= 2 && header.charAt(start) == '"' && header.charAt(end - 1) == '"') {
      start++;
      end--;
    }
    return (long) start << 32 | end;
  }

  private static int skipBlanks(String text, int from, int to) {
    int at = from;
    while (at < to && isBlank(text.charAt(at))) {
      at++;
    }
    return at;
  }

  private static boolean isBlank(char c) {
    return c == ' ' || c == '\t';
  }
}
