package io.upstream4j.lb.consistent;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.upstream4j.api.spi.Network;
import io.upstream4j.api.spi.RequestView;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Hashes the part of a request that decides its backend. Thread-safe. Called on the request path,
 * so it reads the request's texts in place and does not allocate.
 */
interface RequestKey {
  /** The hash of a key that is missing or empty. */
  long ABSENT = -1;

  /** Returns the CRC-32 of the key, 0 to 2³² − 1, or {@link #ABSENT}. */
  long hash(RequestView request);

  /** Returns the hashed text for people, or null when it is missing or empty. Allocates. */
  @Nullable String text(RequestView request);

  static RequestKey of(KeyPart part, List<Network> trustedProxies) {
    String name = part.name();
    return switch (part.kind()) {
      case URL -> new TextKey(RequestView::target);
      case PATH -> new TextKey(RequestView::path);
      case HOST -> new HostKey();
      case IP -> new ClientKey(trustedProxies);
      case HEADER -> new HeaderKey(name);
      case COOKIE -> new CookieKey(name);
      case QUERY -> new QueryKey(name);
    };
  }

  static long hash(@Nullable String text) {
    return text == null ? ABSENT : hash(text, 0, text.length());
  }

  static long hash(String text, int from, int to) {
    return from >= to ? ABSENT : finish(Crc32.update(Crc32.START, text, from, to));
  }

  /** Hashes a text that has one character per byte. */
  static long hashOctets(@Nullable String text) {
    return text == null ? ABSENT : hashOctets(text, 0, text.length());
  }

  static long hashOctets(String text, int from, int to) {
    return from >= to ? ABSENT : finish(Crc32.updateOctets(Crc32.START, text, from, to));
  }

  static long finish(int state) {
    return Crc32.value(state) & 0xffff_ffffL;
  }

  /** Decodes a text that has one character per byte if its bytes are UTF-8. */
  static @Nullable String readable(@Nullable String octets) {
    if (octets == null || octets.isEmpty()) {
      return null;
    }
    try {
      return UTF_8.newDecoder().decode(ByteBuffer.wrap(octets.getBytes(ISO_8859_1))).toString();
    } catch (CharacterCodingException e) {
      return octets;
    }
  }

  static @Nullable String nullIfEmpty(@Nullable String text) {
    return text == null || text.isEmpty() ? null : text;
  }
}
