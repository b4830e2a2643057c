package io.upstream4j.lb.consistent;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.upstream4j.api.spi.RequestView;

/**
 * The value of the first query parameter of a name. The name is compared as a form decodes it
 * ({@code %5B} is a bracket, {@code +} a space); the value is hashed as sent, as nginx's {@code
 * $arg_name} is.
 */
final class QueryKey implements RequestKey {
  private final String name;
  private final byte[] bytes;

  QueryKey(String name) {
    this.name = name;
    this.bytes = name.getBytes(UTF_8);
  }

  @Override
  public long hash(RequestView request) {
    String query = request.query();
    int at = 0;
    while (at < query.length()) {
      int end = query.indexOf('&', at);
      if (end < 0) {
        end = query.length();
      }
      int equals = query.indexOf('=', at);
      if (equals >= 0 && equals < end && isName(query, at, equals)) {
        return RequestKey.hash(query, equals + 1, end);
      }
      at = end + 1;
    }
    return ABSENT;
  }

  private boolean isName(String query, int from, int to) {
    if (to - from == name.length() && query.startsWith(name, from)) {
      return true;
    }
    int at = from;
    int matched = 0;
    while (at < to) {
      int c = query.charAt(at++);
      if (c == '+') {
        c = ' ';
      } else if (c == '%' && at + 1 < to) {
        int high = hex(query.charAt(at));
        int low = hex(query.charAt(at + 1));
        if (high >= 0 && low >= 0) {
          c = high << 4 | low;
          at += 2;
        }
      } else if (c >= 0x80) {
        return false; // not encoded: such a name was compared whole
      }
      if (matched == bytes.length || (bytes[matched++] & 0xff) != c) {
        return false;
      }
    }
    return matched == bytes.length;
  }

  private static int hex(char c) {
    if (c >= '0' && c <= '9') {
      return c - '0';
    }
    int lower = c | 0x20;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
  }
}
