package io.upstream4j.api.spi;

import static java.util.Objects.requireNonNull;

/**
 * One server of an upstream.
 *
 * @param endpoint the address at which it listens; unique within an upstream
 * @param weight its share of the requests relative to the other backends, 0 to {@value
 *     #MAX_WEIGHT}; a backend of weight 0 receives new requests only when no other backend may
 * @param attributes further properties
 */
public record Backend(Endpoint endpoint, int weight, Attributes attributes) {
  /** The greatest weight; RFC 2782 gives SRV records 16 bits. */
  public static final int MAX_WEIGHT = 65_535;

  /** Checks the components. */
  public Backend {
    requireNonNull(endpoint, "endpoint");
    requireNonNull(attributes, "attributes");
    if (weight < 0 || weight > MAX_WEIGHT) {
      throw new IllegalArgumentException(
          "weight: " + weight + " (expected: 0 to " + MAX_WEIGHT + ")");
    }
  }

  /** Returns a backend of weight 1 without attributes. */
  public static Backend of(String host, int port) {
    return of(host, port, 1);
  }

  /** Returns a backend without attributes. */
  public static Backend of(String host, int port, int weight) {
    return new Backend(new Endpoint(host, port), weight, Attributes.none());
  }

  /** Returns {@code host:port weight}, as the configuration writes it. */
  @Override
  public String toString() {
    return endpoint + " " + weight;
  }
}
