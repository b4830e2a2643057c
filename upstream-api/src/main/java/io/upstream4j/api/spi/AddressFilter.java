package io.upstream4j.api.spi;

import java.util.List;

/**
 * Decides which IP addresses may be connected to: public ones, and the networks that are explicitly
 * allowed. This keeps users who may name a host from reaching this machine or a private network
 * (server-side request forgery). Immutable.
 *
 * <p>Refused unless {@code allowed} contains them: addresses that the IANA special-purpose
 * registries (RFC 6890) do not mark as globally reachable, such as loopback, link-local, private
 * and shared networks, and multicast. An IPv6 address that embeds an IPv4 address (IPv4-mapped,
 * 6to4 and the well-known NAT64 prefix) is judged by the embedded address.
 *
 * @param allowed networks that may be reached although they are not public
 */
public record AddressFilter(List<Network> allowed) {
  private static final List<Network> NOT_PUBLIC =
      networks(
          "0.0.0.0/8",
          "10.0.0.0/8",
          "100.64.0.0/10",
          "127.0.0.0/8",
          "169.254.0.0/16",
          "172.16.0.0/12",
          "192.0.0.0/24",
          "192.0.2.0/24",
          "192.168.0.0/16",
          "198.18.0.0/15",
          "198.51.100.0/24",
          "203.0.113.0/24",
          "224.0.0.0/3", // multicast, reserved and broadcast
          "100::/64",
          "2001::/23", // IETF protocol assignments, including Teredo
          "2001:db8::/32",
          "3fff::/20");
  private static final Network IPV4 = Network.parse("::ffff:0:0/96");
  private static final Network NAT64 = Network.parse("64:ff9b::/96");
  private static final Network SIX_TO_FOUR = Network.parse("2002::/16");
  // Everything assigned for global unicast; the rest of IPv6 is local, multicast or reserved.
  private static final Network GLOBAL_UNICAST = Network.parse("2000::/3");

  /** Copies the components. */
  public AddressFilter {
    allowed = List.copyOf(allowed);
  }

  private static List<Network> networks(String... texts) {
    return List.of(texts).stream().map(Network::parse).toList();
  }

  /** Returns whether a connection to the address is allowed. */
  public boolean permits(IpAddress address) {
    IpAddress inner = embedded(address);
    return isIn(allowed, address) || isIn(allowed, inner) || isPublic(inner);
  }

  private static boolean isPublic(IpAddress address) {
    boolean global = IPV4.contains(address) || GLOBAL_UNICAST.contains(address);
    return global && !isIn(NOT_PUBLIC, address);
  }

  private static IpAddress embedded(IpAddress address) {
    if (NAT64.contains(address)) {
      return IpAddress.ofIpv4((int) address.low());
    }
    return SIX_TO_FOUR.contains(address)
        ? IpAddress.ofIpv4((int) (address.high() >>> 16))
        : address;
  }

  private static boolean isIn(List<Network> networks, IpAddress address) {
    for (Network network : networks) {
      if (network.contains(address)) {
        return true;
      }
    }
    return false;
  }
}
