package io.upstream4j.discovery.dns;

import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.api.spi.IpAddress;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Parses the addresses of name servers. */
final class NameServer {
  static final String EXPECTED =
      "an IP address, with :port behind it unless that is 53, IPv6 in brackets then";

  private static final int PORT = 53;

  private NameServer() {}

  /**
   * Parses one or more addresses, separated by commas.
   *
   * @throws IllegalArgumentException when the text has another form
   */
  static List<InetSocketAddress> readList(String text) {
    return Arrays.stream(text.split(",", -1)).map(one -> read(one.strip())).toList();
  }

  private static InetSocketAddress read(String text) {
    InetAddress bare = address(text);
    if (bare != null) {
      return new InetSocketAddress(bare, PORT);
    }
    Endpoint endpoint = Endpoint.parse(text, PORT);
    InetAddress address = address(endpoint.host());
    if (address == null) {
      throw new IllegalArgumentException();
    }
    return new InetSocketAddress(address, endpoint.port());
  }

  /**
   * Parses an address of {@code resolv.conf}, which may have a zone; returns null if it is not one.
   */
  static @Nullable InetSocketAddress ofResolvConf(String text) {
    InetAddress address = address(text);
    return address == null ? null : new InetSocketAddress(address, PORT);
  }

  private static @Nullable InetAddress address(String text) {
    int zone = text.indexOf('%');
    int end = zone < 0 ? text.length() : zone;
    if (IpAddress.parse(text, 0, end) == null) {
      return null; // the JDK would look it up as a name
    }
    try {
      return InetAddress.getByName(text);
    } catch (UnknownHostException e) {
      return null; // its zone is not an interface of this machine
    }
  }

  /** Returns the address and port as the configuration writes them. */
  static String print(InetSocketAddress server) {
    return new Endpoint(server.getAddress().getHostAddress(), server.getPort()).toString();
  }
}
