package io.upstream4j.lb.consistent;

import io.upstream4j.api.spi.RequestView;
import org.jspecify.annotations.Nullable;

/**
 * Hashes a text that the request provides as a whole.
 *
 * @param reader reads the text; returns null when the request has none
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
