package io.upstream4j.api.spi;

import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * An IPv4 or IPv6 address as a 128-bit number. An IPv4 address is stored in its IPv4-mapped form
 * (RFC 4291, section 2.5.5.2), so {@code 10.0.0.1} and {@code ::ffff:10.0.0.1} are equal.
 *
 * @param high the first 64 bits
 * @param low the last 64 bits
 */
public record IpAddress(long high, long low) {
  private static final long MAPPED = 0xffffL << 32;

  /** Returns the value of a Java address, without its scope. */
  public static IpAddress of(InetAddress address) {
    byte[] bytes = address.getAddress();
    if (bytes.length == 4) {
      return ofIpv4(
          (bytes[0] & 0xff) << 24
              | (bytes[1] & 0xff) << 16
              | (bytes[2] & 0xff) << 8
              | (bytes[3] & 0xff));
    }
    return new IpAddress(bigEndian(bytes, 0), bigEndian(bytes, 8));
  }

  /** Returns an IPv4 address, whose first byte is in the highest bits of {@code bits}. */
  public static IpAddress ofIpv4(int bits) {
    return new IpAddress(0, MAPPED | (bits & 0xffff_ffffL));
  }

  private static long bigEndian(byte[] bytes, int from) {
    long value = 0;
    for (int i = from; i < from + 8; i++) {
      value = value << 8 | (bytes[i] & 0xff);
    }
    return value;
  }

  /**
   * Parses an address such as {@code 10.0.0.1} or {@code 2001:db8::1}, without brackets, port or
   * zone. Never looks up a name.
   *
   * @param text the text that contains the address
   * @param from the index of its first character
   * @param to the index after its last character
   * @return the address, or null when the text is not one
   */
  public static @Nullable IpAddress parse(CharSequence text, int from, int to) {
    for (int i = from; i < to; i++) {
      if (text.charAt(i) == ':') {
        return parseIpv6(text, from, to);
      }
    }
    long bits = parseIpv4(text, from, to);
    return bits < 0 ? null : ofIpv4((int) bits);
  }

  /**
   * Parses four decimal numbers; returns a negative number for anything else. Leading zeros are
   * refused, because some programs read such numbers as octal.
   */
  private static long parseIpv4(CharSequence text, int from, int to) {
    long bits = 0;
    int parts = 0;
    int at = from;
    while (parts < 4) {
      int start = at;
      int value = 0;
      while (at < to && at - start < 3 && isDigit(text.charAt(at))) {
        value = value * 10 + text.charAt(at) - '0';
        at++;
      }
      if (at == start || value > 255 || (at - start > 1 && text.charAt(start) == '0')) {
        return -1;
      }
      bits = bits << 8 | value;
      parts++;
      if (parts < 4) {
        if (at >= to || text.charAt(at) != '.') {
          return -1;
        }
        at++;
      }
    }
    return at == to ? bits : -1;
  }

  private static @Nullable IpAddress parseIpv6(CharSequence text, int from, int to) {
    long high = 0;
    long low = 0;
    int groups = 0; // of 16 bits, read so far
    int gap = -1; // the number of groups before the ::
    int at = from;
    if (to - from >= 2 && text.charAt(from) == ':') {
      if (text.charAt(from + 1) != ':') {
        return null;
      }
      gap = 0;
      at = from + 2;
    }
    while (at < to) {
      int start = at;
      int value = 0;
      while (at < to && at - start < 4 && Character.digit(text.charAt(at), 16) >= 0) {
        if (text.charAt(at) > 'f') {
          return null; // a digit outside ASCII
        }
        value = value << 4 | Character.digit(text.charAt(at), 16);
        at++;
      }
      if (at < to && text.charAt(at) == '.') {
        long tail = parseIpv4(text, start, to);
        if (tail < 0 || groups > 6) {
          return null;
        }
        high = high << 32 | low >>> 32;
        low = low << 32 | tail;
        groups += 2;
        at = to;
        break;
      }
      if (at == start || groups == 8) {
        return null;
      }
      high = high << 16 | low >>> 48;
      low = low << 16 | value;
      groups++;
      if (at == to) {
        break;
      }
      if (text.charAt(at) != ':' || at + 1 == to) {
        return null;
      }
      at++;
      if (text.charAt(at) == ':') {
        if (gap >= 0) {
          return null;
        }
        gap = groups;
        at++;
      }
    }
    if (gap < 0) {
      return groups == 8 ? new IpAddress(high, low) : null;
    }
    return groups < 8 ? spread(high, low, 16 * (groups - gap), 16 * (8 - groups)) : null;
  }

  /**
   * Moves the bits read before the :: up by {@code gapBits}; {@code tailBits} were read after it.
   */
  private static IpAddress spread(long high, long low, int tailBits, int gapBits) {
    long tailLow = low & mask(tailBits);
    long tailHigh = high & mask(tailBits - 64);
    long headLow = low & ~mask(tailBits);
    long headHigh = high & ~mask(tailBits - 64);
    if (gapBits >= 64) {
      headHigh = gapBits == 128 ? 0 : headLow << (gapBits - 64);
      headLow = 0;
    } else {
      headHigh = headHigh << gapBits | headLow >>> (64 - gapBits);
      headLow = headLow << gapBits;
    }
    return new IpAddress(headHigh | tailHigh, headLow | tailLow);
  }

  /** A mask of the lowest {@code bits} bits: none below 1, all from 64. */
  private static long mask(int bits) {
    return bits <= 0 ? 0 : bits >= 64 ? -1 : (1L << bits) - 1;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  /** Returns whether this is an IPv4 address. */
  public boolean isIpv4() {
    return high == 0 && low >>> 32 == 0xffff;
  }

  /** Returns one of the eight 16-bit groups of an IPv6 address, 0 to 7 from the left. */
  public int group(int index) {
    return (int) ((index < 4 ? high >>> (48 - 16 * index) : low >>> (112 - 16 * index)) & 0xffff);
  }

  /** Returns the canonical text: dotted decimal, or RFC 5952 without brackets. */
  @Override
  public String toString() {
    if (isIpv4()) {
      return (low >>> 24 & 0xff)
          + "."
          + (low >>> 16 & 0xff)
          + "."
          + (low >>> 8 & 0xff)
          + "."
          + (low & 0xff);
    }
    int zeros = longestZeros();
    int start = zeros >>> 4;
    int end = start + (zeros & 15);
    StringBuilder text = new StringBuilder(39);
    int index = 0;
    while (index < 8) {
      if (index == start && end > start) {
        text.append("::");
        index = end;
      } else {
        if (index > 0 && index != end) {
          text.append(':');
        }
        text.append(Integer.toHexString(group(index)));
        index++;
      }
    }
    return text.toString();
  }

  /**
   * Returns the groups that {@code ::} replaces in the canonical text (RFC 5952, section 4.2): the
   * first of the longest runs of at least two zeros, as {@code start << 4 | length}, or 0 without
   * such a run.
   */
  public int longestZeros() {
    int best = 0;
    int run = 0;
    for (int i = 0; i < 8; i++) {
      run = group(i) == 0 ? run + 1 : 0;
      if (run >= 2 && run > (best & 15)) {
        best = (i + 1 - run) << 4 | run;
      }
    }
    return best;
  }
}
