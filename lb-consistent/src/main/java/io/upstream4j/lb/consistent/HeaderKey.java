package io.upstream4j.lb.consistent;

import io.upstream4j.api.spi.RequestView;
import org.jspecify.annotations.Nullable;

/**
 * Hashes the first value of a header, as sent.
 *
 * @param name the name, case-insensitive
 */
record HeaderKey(String name) implements RequestKey {
  @Override
  public long hash(RequestView request) {
    return RequestKey.hashOctets(request.header(name));
  }

  @Override
  public @Nullable String text(RequestView request) {
    return RequestKey.readable(request.header(name));
  }
}
