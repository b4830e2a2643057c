package io.upstream4j.lb.consistent;

import io.upstream4j.api.spi.CookieHeader;
import io.upstream4j.api.spi.RequestView;
import org.jspecify.annotations.Nullable;

/**
 * The value of a cookie, as nginx's {@code $cookie_name} has it.
 *
 * @param name in any case
 */
record CookieKey(String name) implements RequestKey {
  @Override
  public long hash(RequestView request) {
    // Read in place, as a value cut out of the header would be a new string. A request may have
    // more than one cookie header (HTTP/2 allows it): then the view finds it.
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
