package io.upstream4j.lb.consistent;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.upstream4j.api.spi.RequestView;
import org.jspecify.annotations.Nullable;

/**
 * The value of the first query parameter of a name. The name is compared as a form decodes it
 * ({@code %5B} is a bracket, {@code +} a space); the value is hashed as sent, as nginx's {@code
 * $arg_name} is.
 */
final class QueryKey implements RequestKey {
  private static final int NOT_HERE = -1;

  private final String name;
  private final byte[] bytes;

  QueryKey(String name) {
    this.name = name;
    this.bytes = name.getBytes(UTF_8);
  }

  @Override
  public long hash(RequestView request) {
    String query = request.query();
    int from = find(query);
    return from == NOT_HERE ? ABSENT : RequestKey.hash(query, from, end(query, from));
  }

  @Override
  public @Nullable String text(RequestView request) {
    String query = request.query();
    int from = find(query);
    return from == NOT_HERE
        ? null
        : RequestKey.nullIfEmpty(query.substring(from, end(query, from)));
  }

  private static int end(String query, int from) {
    int end = query.indexOf('&', from);
    return end < 0 ? query.length() : end;
  }

  /** Where the value begins. */
  private int find(String query) {
    int at = 0;
    while (at < query.length()) {
      int end = end(query, at);
      int equals = query.indexOf('=', at);
      if (equals >= 0 && equals < end && isName(query, at, equals)) {
        return equals + 1;
      }
      at = end + 1;
    }
    return NOT_HERE;
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
