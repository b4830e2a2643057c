package io.upstream4j.api.spi;

import static java.util.Objects.requireNonNull;

/**
 * A range of IP addresses, such as {@code 10.0.0.0/8}, {@code fd00::/8} or a single address.
 *
 * @param base the first address
 * @param prefix the number of leading bits that all addresses share, 0 to 128; 96 or more for an
 *     IPv4 network, as its addresses are in IPv4-mapped form
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
   * Parses {@code address/bits} or a single address.
   *
   * @throws IllegalArgumentException when the text has another form, or bits after the prefix are
   *     set
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

  /** Returns whether the network contains the address. */
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

  /** Returns the form that {@link #parse} reads. */
  @Override
  public String toString() {
    return print(base, prefix);
  }

  private static String print(IpAddress base, int prefix) {
    return base + "/" + (base.isIpv4() && prefix >= 96 ? prefix - 96 : prefix);
  }
}
