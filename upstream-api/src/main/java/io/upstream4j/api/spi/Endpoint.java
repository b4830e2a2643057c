package io.upstream4j.api.spi;

import static java.util.Objects.requireNonNull;

import io.upstream4j.api.option.Problem;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The address at which a backend listens, as unresolved text. It identifies the backend within its
 * upstream.
 *
 * @param host a host name or an IP address, IPv6 without brackets; never empty, and without white
 *     space, control characters or the delimiters of a URL; or {@code unix:} and the absolute path
 *     of a socket
 * @param port 1 to 65535; 0 for a Unix domain socket
 */
public record Endpoint(String host, int port) {
  private static final String UNIX = "unix:";

  /** Linux's limit (unix(7)), without the terminating zero. */
  private static final int MAX_SOCKET_PATH = 107;

  /** A name of 253 characters (RFC 1035) and a dot; an address with its interface also fits. */
  private static final int MAX_HOST = 255;

  /** Checks the components. */
  public Endpoint {
    requireNonNull(host, "host");
    if (host.startsWith(UNIX + "/")) {
      checkSocket(host, port);
    } else {
      checkHost(host, port);
    }
  }

  private static void checkSocket(String host, int port) {
    int length = host.getBytes(StandardCharsets.UTF_8).length - UNIX.length();
    if (length < 2
        || length > MAX_SOCKET_PATH
        || host.chars().anyMatch(c -> c <= ' ' || c == 0x7f)) {
      throw new IllegalArgumentException(
          "host: \""
              + host
              + "\" (expected: unix:/path without white space, of at most "
              + MAX_SOCKET_PATH
              + " bytes)");
    }
    if (port != 0) {
      throw new IllegalArgumentException("port: " + port + " (expected: 0, as a socket has none)");
    }
  }

  private static void checkHost(String host, int port) {
    if (host.length() > MAX_HOST) {
      throw new IllegalArgumentException(
          "host: " + host.length() + " characters (expected: at most " + MAX_HOST + ")");
    }
    if (host.isEmpty() || host.chars().anyMatch(Endpoint::isForeign)) {
      throw new IllegalArgumentException(
          "host: \"" + host + "\" (expected: a host name or an IP address, without brackets)");
    }
    if (port < 1 || port > 65_535) {
      throw new IllegalArgumentException("port: " + port + " (expected: 1 to 65535)");
    }
  }

  /**
   * Parses {@code host}, {@code host:port}, {@code [ipv6]} or {@code [ipv6]:port}.
   *
   * @param text the text to parse
   * @param defaultPort the port when the text has none, 1 to 65535
   * @throws IllegalArgumentException when the text has another form
   */
  public static Endpoint parse(String text, int defaultPort) {
    String host = text;
    String port = "";
    if (text.startsWith("[")) {
      int end = text.indexOf(']');
      if (end < 0 || (end + 1 < text.length() && text.charAt(end + 1) != ':')) {
        throw notAnEndpoint(text);
      }
      host = text.substring(1, end);
      if (host.indexOf(':') < 0) {
        throw notAnEndpoint(text);
      }
      port = end + 1 < text.length() ? text.substring(end + 2) : "";
      if (end + 2 == text.length()) {
        throw notAnEndpoint(text);
      }
    } else {
      int colon = text.indexOf(':');
      if (colon >= 0) {
        host = text.substring(0, colon);
        if (host.isEmpty()) {
          throw notAnEndpoint(text);
        }
        port = text.substring(colon + 1);
        if (port.isEmpty() || port.indexOf(':') >= 0) {
          throw notAnEndpoint(text);
        }
      }
    }
    if (host.indexOf('/') >= 0 && !host.startsWith(UNIX)) {
      throw notAnEndpoint(text);
    }
    try {
      return new Endpoint(host, port.isEmpty() ? defaultPort : parsePort(port));
    } catch (NumberFormatException e) {
      throw notAnEndpoint(text);
    }
  }

  /**
   * Returns the endpoint of a Unix domain socket.
   *
   * @param path absolute, without white space, of at most 107 bytes
   * @throws IllegalArgumentException when the path is not valid
   */
  public static Endpoint unix(String path) {
    if (!path.startsWith("/")) {
      throw new IllegalArgumentException(
          "path: \"" + path + "\" (expected: an absolute path, such as /run/app.sock)");
    }
    return new Endpoint(UNIX + path, 0);
  }

  /** Returns the path of the Unix domain socket, or empty for a host and a port. */
  public Optional<String> socketPath() {
    return port == 0 ? Optional.of(host.substring(UNIX.length())) : Optional.empty();
  }

  /**
   * Returns whether a character delimits hosts in a URL or a list, and so cannot be part of one.
   */
  private static boolean isForeign(int c) {
    return c <= ' ' || c == 0x7f || "[]/\\?#@,;\"".indexOf(c) >= 0;
  }

  private static int parsePort(String text) {
    if (text.length() > 5 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
      throw new NumberFormatException(text);
    }
    return Integer.parseInt(text);
  }

  private static IllegalArgumentException notAnEndpoint(String text) {
    String value = Problem.quoted(text);
    int scheme = text.indexOf("://");
    if (scheme >= 0) {
      String server = text.substring(scheme + 3).split("[/?#]", 2)[0];
      return new IllegalArgumentException(
          value
              + " is a URL (expected: host:port"
              + (server.isEmpty() ? ")" : ", here " + server + "; sni turns TLS on)"));
    }
    if (!text.startsWith("[") && text.indexOf(':') != text.lastIndexOf(':')) {
      return new IllegalArgumentException(
          value + " has several colons (expected: an IPv6 address in brackets, as [::1]:8080)");
    }
    if (text.startsWith("/")) {
      return new IllegalArgumentException(value + " is a path (expected: unix:" + text + ")");
    }
    if (text.startsWith(":")) {
      return new IllegalArgumentException(value + " has no host (expected: host" + text + ")");
    }
    int slash = text.indexOf('/');
    if (slash > 0) {
      return new IllegalArgumentException(
          value + " has a path (expected: host:port alone, here " + text.substring(0, slash) + ")");
    }
    return new IllegalArgumentException(
        value
            + (text.indexOf(':') > 0
                ? " has the port " + Problem.quoted(text.substring(text.indexOf(':') + 1))
                : "")
            + " (expected: host:port, the port 1 to 65535, an IPv6 address in brackets)");
  }

  /** Returns {@code host:port} with an IPv6 address in brackets, or {@code unix:/path}. */
  @Override
  public String toString() {
    if (port == 0) {
      return host;
    }
    return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
  }
}
