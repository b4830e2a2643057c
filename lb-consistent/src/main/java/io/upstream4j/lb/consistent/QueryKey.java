package io.upstream4j.lb.consistent;

import io.upstream4j.api.spi.RequestView;
import org.jspecify.annotations.Nullable;

/**
 * Hashes the value of the first query parameter of a name, read like nginx's {@code $arg_name}:
 * both are compared as sent, the name case-insensitively.
 *
 * @param name the name as it occurs in a query
 */
record QueryKey(String name) implements RequestKey {
  private static final int NOT_HERE = -1;

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

  /** Returns the index of the value, or {@link #NOT_HERE}. */
  private int find(String query) {
    int at = 0;
    while (at < query.length()) {
      int equals = at + name.length();
      if (equals < query.length()
          && query.charAt(equals) == '='
          && query.regionMatches(true, at, name, 0, name.length())) {
        return equals + 1;
      }
      at = end(query, at) + 1;
    }
    return NOT_HERE;
  }
}
