package io.upstream4j.api.spi;

import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The properties of a request that a strategy may use. Valid only during the call to which it is
 * passed.
 *
 * <p>Methods return {@code null} for absent values instead of an {@link java.util.Optional},
 * because pickers read keys on the request path, where nothing is allocated.
 */
public interface RequestView {
  /** Returns the method, such as {@code GET}. */
  String method();

  /** Returns the requested host without port, trailing dot or the brackets of an IPv6 address. */
  @Nullable String host();

  /**
   * Returns the port in the request's authority, or 0 without one.
   *
   * @implSpec Parses the {@code Host} header unless overridden.
   */
  default int port() {
    String host = header("host");
    if (host == null) {
      return 0;
    }
    int at = host.length();
    int port = 0;
    int unit = 1;
    while (at > 0 && host.charAt(at - 1) >= '0' && host.charAt(at - 1) <= '9') {
      port += unit * (host.charAt(at - 1) - '0');
      unit *= 10;
      at--;
    }
    boolean named = at > 0 && host.charAt(at - 1) == ':' && host.length() - at <= 5;
    return named && port <= 65_535 ? port : 0;
  }

  /** Returns the path as sent, without the query; {@code /} when it is empty. */
  String path();

  /** Returns the query as sent, without the question mark; empty when there is none. */
  String query();

  /**
   * Returns the path and the query as sent, with the question mark between them.
   *
   * @implSpec Joins {@link #path} and {@link #query} unless overridden, so a question mark before
   *     an empty query is lost.
   */
  default String target() {
    String query = query();
    return query.isEmpty() ? path() : path() + '?' + query;
  }

  /**
   * Returns the first value of a header, with one character for each byte sent (ISO 8859-1).
   *
   * @param name the name, case-insensitive
   * @return the value, or null when there is no such header
   */
  @Nullable String header(String name);

  /**
   * Returns one of the values of a header that may occur several times, such as {@code
   * X-Forwarded-For}.
   *
   * @implSpec Supports only the first value unless overridden.
   * @param name the name, case-insensitive
   * @param index the number of the value, from 0 in message order
   * @return the value, or null when there are not that many
   */
  default @Nullable String header(String name, int index) {
    return index == 0 ? header(name) : null;
  }

  /**
   * Returns the first value of a cookie as sent, including quotes; see {@link CookieHeader}.
   *
   * @param name the name, case-insensitive
   * @return the value, or null when there is no such cookie
   */
  @Nullable String cookie(String name);

  /**
   * Returns the client's address of the connection that carried the request, or null when unknown.
   */
  @Nullable InetSocketAddress client();
}
