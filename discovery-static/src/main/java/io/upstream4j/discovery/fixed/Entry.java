package io.upstream4j.discovery.fixed;

import io.upstream4j.api.spi.Attributes;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.api.spi.IpAddress;
import io.upstream4j.api.spi.ServerLine;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A line of the configuration: a backend by address, or backends by name.
 *
 * @param server the address or name and the port, if any, as written
 * @param host without brackets and port; an address in its canonical form, a name in lower case, a
 *     socket as written
 * @param port 0 when none was written
 * @param weight the weight of each backend
 * @param attributes the attributes of each backend, including the server's text
 * @param address null for a name and for a socket
 */
record Entry(
    String server,
    String host,
    int port,
    int weight,
    Attributes attributes,
    @Nullable IpAddress address) {
  /** The accepted form, for messages. */
  static final String EXPECTED =
      "host:port, with an IPv6 address in brackets, or without the port, or unix:/path; behind it "
          + ServerLine.EXPECTED;

  /** The key by which duplicate entries are found. */
  record Identity(String host, int port) {}

  private static final String UNIX = "unix:";

  private static final Pattern NAME =
      Pattern.compile(
          "(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
              + "(\\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\\.?");

  /**
   * A last label that is a number: the text was meant to be an IPv4 address, but is not a valid
   * one.
   */
  private static final Pattern NUMERIC_END = Pattern.compile("(.*\\.)?(0x[0-9a-f]*|[0-9]+)\\.?");

  /**
   * Parses {@code host:port weight priority=N zone=NAME}.
   *
   * @throws IllegalArgumentException when the text has another form, or is an address that a
   *     backend cannot have
   */
  static Entry read(String text) {
    ServerLine line = ServerLine.parse(text);
    String server = line.server();
    if (server.startsWith(UNIX)) {
      Endpoint socket = Endpoint.unix(server.substring(UNIX.length()));
      Attributes own = line.attributes().with(Attributes.SERVER, server);
      return new Entry(server, socket.host(), 0, line.weight().orElse(1), own, null);
    }
    Endpoint endpoint = Endpoint.parse(server, 1);
    int port = hasPort(server) ? endpoint.port() : 0;
    int weight = line.weight().orElse(1);
    Attributes attributes = line.attributes().with(Attributes.SERVER, server);
    String host = endpoint.host().toLowerCase(Locale.ROOT);
    IpAddress address = IpAddress.parse(host, 0, host.length());
    if (address == null) {
      checkName(server, host);
      return new Entry(server, host, port, weight, attributes, null);
    }
    String use = SpecialAddress.use(address);
    if (use != null) {
      throw new IllegalArgumentException(
          "\"" + server + "\" is " + use + " (expected: the address of one backend)");
    }
    return new Entry(server, address.toString(), port, weight, attributes, address);
  }

  private static boolean hasPort(String server) {
    return server.startsWith("[") ? !server.endsWith("]") : server.indexOf(':') >= 0;
  }

  private static void checkName(String server, String host) {
    if (host.indexOf(':') >= 0) {
      throw new IllegalArgumentException(
          "\"" + server + "\" is not an IPv6 address (expected: such as [2001:db8::1]:8080)");
    }
    if (NUMERIC_END.matcher(host).matches()) {
      throw new IllegalArgumentException(
          "\""
              + server
              + "\" is neither an IPv4 address nor a host name"
              + " (expected: four numbers of 0 to 255 without leading zeros, or a name)");
    }
    if (!NAME.matcher(host).matches()) {
      throw new IllegalArgumentException(
          "\""
              + server
              + "\" is not a host name"
              + " (expected: parts of letters, digits, hyphens and underscores, joined by dots)");
    }
  }

  Identity identity() {
    return new Identity(host, port);
  }

  boolean isIpv6() {
    return address != null && !address.isIpv4();
  }

  boolean isSocket() {
    return host.startsWith(UNIX);
  }

  /** Returns whether the addresses must be looked up. */
  boolean isName() {
    return address == null && !isSocket();
  }

  /** Returns the endpoint with the host as written; the host may be a name. */
  Endpoint endpoint(int defaultPort) {
    return new Endpoint(host, port == 0 && !isSocket() ? defaultPort : port);
  }

  /** Returns the backend of a socket. */
  Backend backend() {
    return new Backend(new Endpoint(host, 0), weight, attributes);
  }

  /** Returns the backend at one address of this entry. */
  Backend backend(IpAddress at, int defaultPort) {
    return new Backend(
        new Endpoint(at.toString(), port == 0 ? defaultPort : port), weight, attributes);
  }
}
