package io.upstream4j.discovery.fixed;

import io.upstream4j.api.spi.IpAddress;
import io.upstream4j.api.spi.Network;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Addresses that do not identify a single backend, or a different one on each host or interface.
 *
 * @param network the network of the addresses
 * @param use what the addresses are for, in words
 */
record SpecialAddress(Network network, String use) {
  private static final List<SpecialAddress> ALL =
      List.of(
          of("0.0.0.0", "the unspecified address"),
          of("::", "the unspecified address"),
          of("255.255.255.255", "the broadcast address"),
          of("224.0.0.0/4", "a multicast address"),
          of("ff00::/8", "a multicast address"),
          of("169.254.0.0/16", "a link-local address"),
          of("fe80::/10", "a link-local address"));

  private static SpecialAddress of(String network, String use) {
    return new SpecialAddress(Network.parse(network), use);
  }

  /** Returns the use of an address, or null when a backend may have the address. */
  static @Nullable String use(IpAddress address) {
    for (SpecialAddress special : ALL) {
      if (special.network.contains(address)) {
        return special.use;
      }
    }
    return null;
  }
}
