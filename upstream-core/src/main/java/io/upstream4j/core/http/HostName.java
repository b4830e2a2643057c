package io.upstream4j.core.http;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Parses the value of a {@code Host} header.
 *
 * <p>A name may end in the dot of the root, as in {@code api.example.com.}. It names the same host
 * (RFC 1034, section 3.1), so the dot is removed, as in nginx.
 */
public final class HostName {
  private HostName() {}

  /**
   * Returns the host in lower case, without its port, the brackets of an IPv6 address and a
   * trailing dot.
   *
   * @return null when the text is not a host with or without a port (RFC 9110, section 7.2). Of the
   *     characters that RFC 3986 allows in a name, only those that occur in practice are accepted:
   *     letters, digits, {@code -}, {@code .} and {@code _}.
   */
  public static @Nullable String of(String text) {
    int start = 0;
    int end;
    int port;
    if (text.startsWith("[")) {
      start = 1;
      end = text.indexOf(']');
      port = end + 1;
      if (end < 0 || !isIpv6(text, end)) {
        return null;
      }
    } else {
      end = text.indexOf(':');
      if (end < 0) {
        end = text.length();
      }
      port = end;
      if (end > 0 && text.charAt(end - 1) == '.') {
        end--;
      }
      if (!isName(text, end)) {
        return null;
      }
    }
    if (port < text.length() && !isPort(text, port)) {
      return null;
    }
    return lowerCase(start == 0 && end == text.length() ? text : text.substring(start, end));
  }

  private static boolean isName(String text, int end) {
    for (int i = 0; i < end; i++) {
      char c = text.charAt(i);
      boolean endsPart = c == '.' && i + 1 < end && text.charAt(i + 1) != '.';
      if (!isLetterOrDigit(c) && c != '-' && c != '_' && !endsPart) {
        return false;
      }
    }
    return end > 0;
  }

  private static boolean isIpv6(String text, int end) {
    boolean colon = false;
    for (int i = 1; i < end; i++) {
      char c = text.charAt(i);
      colon |= c == ':';
      if (c != ':' && c != '.' && Character.digit(c, 16) < 0) {
        return false;
      }
    }
    return colon;
  }

  // RFC 3986, section 3.2.3 allows an empty port after the colon.
  private static boolean isPort(String text, int colon) {
    if (text.charAt(colon) != ':' || text.length() - colon > 6) {
      return false;
    }
    int port = 0;
    for (int i = colon + 1; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < '0' || c > '9') {
        return false;
      }
      port = port * 10 + (c - '0');
    }
    return port <= 65_535;
  }

  private static boolean isLetterOrDigit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }

  private static String lowerCase(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= 'A' && c <= 'Z') {
        return text.toLowerCase(Locale.ROOT);
      }
    }
    return text;
  }
}
