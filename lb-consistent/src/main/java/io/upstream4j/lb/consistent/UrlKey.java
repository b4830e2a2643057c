package io.upstream4j.lb.consistent;

import io.upstream4j.api.spi.RequestView;
import org.jspecify.annotations.Nullable;

/** Path and query as they were sent. */
record UrlKey() implements RequestKey {
  @Override
  public long hash(RequestView request) {
    String query = request.query();
    if (query.isEmpty()) {
      return RequestKey.hash(request.path());
    }
    int path = Crc32.update(Crc32.START, request.path());
    return RequestKey.finish(Crc32.update(Crc32.update(path, '?'), query));
  }

  @Override
  public @Nullable String text(RequestView request) {
    String query = request.query();
    return query.isEmpty() ? RequestKey.nullIfEmpty(request.path()) : request.path() + "?" + query;
  }
}
