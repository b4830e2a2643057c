package io.upstream4j.distribution;

import static java.util.Objects.requireNonNull;

/**
 * The address at which a server listens.
 *
 * @param host a host name or an IP address, IPv6 without brackets
 * @param port 0 to 65535; 0 selects a free port
 */
record ListenAddress(String host, int port) {
  private static final String EXPECTED =
      " (expected: HOST:PORT, such as 0.0.0.0:8080 or [::1]:8080; port 0 to 65535)";

  /** Checks the components. */
  ListenAddress {
    requireNonNull(host, "host");
    if (host.isEmpty() || host.chars().anyMatch(c -> c <= ' ') || port < 0 || port > 65_535) {
      throw new IllegalArgumentException("\"" + host + ":" + port + "\"" + EXPECTED);
    }
  }

  /**
   * Parses {@code host:port} or {@code [ipv6]:port}.
   *
   * @throws IllegalArgumentException when the text has another form
   */
  static ListenAddress parse(String text) {
    int colon = text.lastIndexOf(':');
    String host = colon < 0 ? "" : text.substring(0, colon);
    boolean brackets = host.startsWith("[") && host.endsWith("]");
    if (brackets) {
      host = host.substring(1, host.length() - 1);
    }
    String port = text.substring(colon + 1);
    if (host.isEmpty() || brackets != (host.indexOf(':') >= 0) || !port.matches("[0-9]{1,5}")) {
      throw new IllegalArgumentException("\"" + text + "\"" + EXPECTED);
    }
    return new ListenAddress(host, Integer.parseInt(port));
  }

  ListenAddress withPort(int bound) {
    return new ListenAddress(host, bound);
  }

  /**
   * Returns the address for a browser on this machine: loopback in place of the unspecified
   * address.
   */
  ListenAddress local() {
    return switch (host) {
      case "0.0.0.0" -> new ListenAddress("127.0.0.1", port);
      case "::" -> new ListenAddress("::1", port);
      default -> this;
    };
  }

  /** Returns {@code host:port}, with an IPv6 address in brackets. */
  @Override
  public String toString() {
    return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
  }
}
