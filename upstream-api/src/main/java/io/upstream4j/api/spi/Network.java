package io.upstream4j.api.spi;

import static java.util.Objects.requireNonNull;

/**
 * A range of IP addresses, as {@code 10.0.0.0/8}, {@code fd00::/8} or one address alone.
 *
 * @param base the first address
 * @param prefix how many leading bits all its addresses share, 0 to 128; an IPv4 network counts
 *     from 96, as its addresses are held in their IPv4-mapped form
 */
public record Network(IpAddress base, int prefix) {
  /** Checks the components. */
  public Network {
    requireNonNull(base, "base");
    if (prefix < 0 || prefix > 128) {
      throw new IllegalArgumentException("prefix: " + prefix + " (expected: 0 to 128)");
    }
    if (!masked(base, prefix).equals(base)) {
      throw new IllegalArgumentException(
          "has bits beyond its prefix (expected: " + print(masked(base, prefix), prefix) + ")");
    }
  }

  /**
   * Reads {@code address/bits} or an address alone.
   *
   * @throws IllegalArgumentException when it is something else, or has bits set beyond its prefix
   */
  public static Network parse(String text) {
    int slash = text.indexOf('/');
    IpAddress base = IpAddress.parse(text, 0, slash < 0 ? text.length() : slash);
    if (base == null) {
      throw new IllegalArgumentException("(expected: a network such as 10.0.0.0/8 or fd00::/8)");
    }
    boolean ipv4 = text.indexOf(':') < 0;
    int most = ipv4 ? 32 : 128;
    int bits = slash < 0 ? most : bits(text.substring(slash + 1));
    if (bits < 0 || bits > most) {
      throw new IllegalArgumentException("(expected: 0 to " + most + " after the slash)");
    }
    return new Network(base, ipv4 ? bits + 96 : bits);
  }

  private static int bits(String text) {
    return !text.isEmpty() && text.length() <= 3 && text.chars().allMatch(c -> c >= '0' && c <= '9')
        ? Integer.parseInt(text)
        : -1;
  }

  /** Whether the address lies in this network. */
  public boolean contains(IpAddress address) {
    return ((address.high() ^ base.high()) & highMask(prefix)) == 0
        && ((address.low() ^ base.low()) & lowMask(prefix)) == 0;
  }

  private static IpAddress masked(IpAddress address, int prefix) {
    return new IpAddress(address.high() & highMask(prefix), address.low() & lowMask(prefix));
  }

  private static long highMask(int prefix) {
    return prefix == 0 ? 0 : prefix >= 64 ? -1 : -1L << (64 - prefix);
  }

  private static long lowMask(int prefix) {
    return prefix <= 64 ? 0 : -1L << (128 - prefix);
  }

  /** As it is written in a configuration. */
  @Override
  public String toString() {
    return print(base, prefix);
  }

  private static String print(IpAddress base, int prefix) {
    return base + "/" + (base.isIpv4() && prefix >= 96 ? prefix - 96 : prefix);
  }
}
