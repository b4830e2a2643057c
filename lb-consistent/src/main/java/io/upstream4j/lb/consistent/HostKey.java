package io.upstream4j.lb.consistent;

import io.upstream4j.api.spi.RequestView;
import org.jspecify.annotations.Nullable;

/**
 * Hashes the requested host in lower case, as host names are case-insensitive (RFC 9110, section
 * 4.2.3).
 */
record HostKey() implements RequestKey {
  @Override
  public long hash(RequestView request) {
    String host = request.host();
    return host == null || host.isEmpty()
        ? ABSENT
        : RequestKey.finish(Crc32.updateLowerCase(Crc32.START, host));
  }

  @Override
  public @Nullable String text(RequestView request) {
    String host = RequestKey.nullIfEmpty(request.host());
    if (host == null) {
      return null;
    }
    StringBuilder text = new StringBuilder(host);
    for (int i = 0; i < text.length() && text.charAt(i) < 0x80; i++) { // as in the hash
      text.setCharAt(i, Character.toLowerCase(text.charAt(i)));
    }
    return text.toString();
  }
}
