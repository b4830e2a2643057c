package io.upstream4j.discovery.dns;

import io.upstream4j.api.spi.IpAddress;
import io.upstream4j.api.spi.Network;
import java.util.List;

/** Addresses that do not identify a single backend, or a different one on each interface. */
final class NoBackend {
  private static final List<Network> NETWORKS =
      List.of(
          Network.parse("0.0.0.0"), // used by some servers to block names
          Network.parse("::"),
          Network.parse("255.255.255.255"),
          Network.parse("224.0.0.0/4"),
          Network.parse("ff00::/8"),
          Network.parse("169.254.0.0/16"),
          Network.parse("fe80::/10"));

  private NoBackend() {}

  static boolean contains(IpAddress address) {
    return NETWORKS.stream().anyMatch(network -> network.contains(address));
  }
}
