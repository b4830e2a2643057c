package io.upstream4j.api.spi;

import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * What a strategy may know of a request. Valid only during the call it is passed to.
 *
 * <p>Absence is {@code null} here, not an {@link java.util.Optional}: picks read keys on the
 * request path and allocate nothing.
 */
public interface RequestView {
  /** The method, such as {@code GET}. */
  String method();

  /** The host asked for, without a port, a dot at its end or the brackets of an IPv6 address. */
  @Nullable String host();

  /**
   * The port that was named beside the host asked for; 0 when none was.
   *
   * @implSpec Read from the {@code Host} header unless overridden.
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

  /** The path as sent, without the query; {@code /} when there is none. */
  String path();

  /** The query as sent, without the question mark; empty when there is none. */
  String query();

  /**
   * The path and the query as sent, with the question mark between them.
   *
   * @implSpec Put together of {@link #path} and {@link #query} unless overridden, which leaves out
   *     a question mark that nothing follows.
   */
  default String target() {
    String query = query();
    return query.isEmpty() ? path() : path() + '?' + query;
  }

  /**
   * The first value of a header: one character for each byte that was sent (ISO 8859-1).
   *
   * @param name in any case
   */
  @Nullable String header(String name);

  /**
   * One of the values of a header that stands there several times, such as {@code X-Forwarded-For}.
   *
   * @implSpec Knows the first value only unless overridden.
   * @param name in any case
   * @param index from 0, in the order of the message
   * @return null when there are not that many
   */
  default @Nullable String header(String name, int index) {
    return index == 0 ? header(name) : null;
  }

  /**
   * The first value of a cookie as sent, quotes included: see {@link CookieHeader}.
   *
   * @param name in any case
   */
  @Nullable String cookie(String name);

  /** The other end of the connection the request came by. */
  @Nullable InetSocketAddress client();
}
