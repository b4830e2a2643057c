package io.upstream4j.lb.consistent;

import io.upstream4j.api.spi.CookieHeader;
import io.upstream4j.api.spi.RequestView;
import org.jspecify.annotations.Nullable;

/**
 * Hashes the value of a cookie, which is read like nginx's {@code $cookie_name}.
 *
 * @param name the name, case-insensitive
 */
record CookieKey(String name) implements RequestKey {
  @Override
  public long hash(RequestView request) {
    // Hash the value within the header, as a substring would be allocated. A request may have
    // several cookie headers (HTTP/2 allows it); the view searches those after the first.
    String header = request.header("cookie");
    long place = header == null ? CookieHeader.NOT_FOUND : CookieHeader.find(header, name);
    return header == null || place == CookieHeader.NOT_FOUND
        ? RequestKey.hashOctets(request.cookie(name))
        : RequestKey.hashOctets(header, CookieHeader.from(place), CookieHeader.to(place));
  }

  @Override
  public @Nullable String text(RequestView request) {
    return RequestKey.readable(request.cookie(name));
  }
}
