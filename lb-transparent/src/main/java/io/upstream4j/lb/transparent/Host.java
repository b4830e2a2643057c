package io.upstream4j.lb.transparent;

import io.upstream4j.api.spi.IpAddress;
import org.jspecify.annotations.Nullable;

/** Normalizes the host of a URL: an IP address, or a name according to RFC 1123, section 2.1. */
final class Host {
  private static final int LONGEST_NAME = 253;
  private static final int LONGEST_LABEL = 63;

  private Host() {}

  /**
   * Returns the canonical form of a host: an address as {@link IpAddress} prints it, or a name
   * without a trailing dot.
   *
   * @param text the host in lower case, an IPv6 address without brackets
   * @return null when it is neither; a TLS handshake cannot carry such a name either
   */
  static @Nullable String canonical(String text) {
    IpAddress address = IpAddress.parse(text, 0, text.length());
    if (address != null) {
      return address.toString();
    }
    String name = text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
    return isName(name) ? name : null;
  }

  static boolean isAddress(String canonical) {
    return IpAddress.parse(canonical, 0, canonical.length()) != null;
  }

  private static boolean isName(String text) {
    if (text.length() > LONGEST_NAME) {
      return false;
    }
    int start = 0;
    for (int at = 0; at <= text.length(); at++) {
      if (at == text.length() || text.charAt(at) == '.') {
        if (!isLabel(text, start, at)) {
          return false;
        }
        start = at + 1;
      } else if (!isLetterOrDigit(text.charAt(at)) && text.charAt(at) != '-') {
        return false;
      }
    }
    return true;
  }

  private static boolean isLabel(String text, int from, int to) {
    return to > from
        && to - from <= LONGEST_LABEL
        && text.charAt(from) != '-'
        && text.charAt(to - 1) != '-';
  }

  private static boolean isLetterOrDigit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  }
}
