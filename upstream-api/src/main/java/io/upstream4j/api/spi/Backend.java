package io.upstream4j.api.spi;

import static java.util.Objects.requireNonNull;

/**
 * One server of an upstream.
 *
 * @param endpoint where it listens; two backends of one upstream never share one
 * @param weight its share of the requests in relation to the others', 0 to {@value #MAX_WEIGHT}; 0
 *     means that it gets no new ones while another backend may
 * @param attributes what else is known
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

  /** A backend of weight 1 without attributes. */
  public static Backend of(String host, int port) {
    return of(host, port, 1);
  }

  /** A backend without attributes. */
  public static Backend of(String host, int port, int weight) {
    return new Backend(new Endpoint(host, port), weight, Attributes.none());
  }

  /** {@code host:port weight}, as the configuration writes it. */
  @Override
  public String toString() {
    return endpoint + " " + weight;
  }
}
