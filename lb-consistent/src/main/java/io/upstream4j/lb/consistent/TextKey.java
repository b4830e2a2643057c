package io.upstream4j.lb.consistent;

import io.upstream4j.api.spi.RequestView;
import org.jspecify.annotations.Nullable;

/**
 * A text that the request has ready, whole.
 *
 * @param reader takes it from the request; null when it has none
 */
record TextKey(Reader reader) implements RequestKey {
  @FunctionalInterface
  interface Reader {
    @Nullable String read(RequestView request);
  }

  @Override
  public long hash(RequestView request) {
    return RequestKey.hash(reader.read(request));
  }

  @Override
  public @Nullable String text(RequestView request) {
    return RequestKey.nullIfEmpty(reader.read(request));
  }
}
