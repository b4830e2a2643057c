package io.upstream4j.health.http;

import io.upstream4j.api.spi.Endpoint;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Checks the texts of a request (RFC 9110, sections 5.5 and 5.6.2; RFC 9112, section 3). A line
 * break would allow injecting a header or another request.
 */
final class HttpText {
  static final String PATH = "a slash and visible characters, such as /healthz?full=1";
  static final String METHOD = "a method in capitals, such as GET or HEAD, not CONNECT";
  static final String HOST = "a host, and a port if need be, such as api.internal:8080";

  // Bounds the head of a probe to a megabyte, which a checker keeps for its lifetime.
  static final int MAX_HEADERS = 100;
  static final int MAX_HEADER_VALUE = 8 * 1024;
  private static final int MAX_HEADER_NAME = 256;

  private static final Pattern TARGET = Pattern.compile("/[!-~&&[^#]]*");
  private static final Pattern VERB = Pattern.compile("[A-Z][A-Z-]*");
  private static final Pattern AUTHORITY = Pattern.compile("[A-Za-z0-9._:\\[\\]-]+");
  private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]+");
  private static final Pattern FIELD_VALUE = Pattern.compile("[\\t -~\\x{80}-\\x{ff}]*");

  /** Headers that determine the framing of a message or the use of its connection. */
  private static final Set<String> FRAMING =
      Set.of(
          "connection",
          "content-length",
          "expect",
          "keep-alive",
          "proxy-connection",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade");

  private HttpText() {}

  static String path(String text) {
    return matching(TARGET, text);
  }

  static String method(String text) {
    if (text.equals("CONNECT")) {
      throw new IllegalArgumentException();
    }
    return matching(VERB, text);
  }

  static String host(String text) {
    Endpoint.parse(matching(AUTHORITY, text), 80);
    return text;
  }

  private static String matching(Pattern pattern, String text) {
    if (!pattern.matcher(text).matches()) {
      throw new IllegalArgumentException();
    }
    return text;
  }

  /** Returns what is wrong with a header's name, or null. */
  static @Nullable String wrongHeaderName(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    if (name.length() > MAX_HEADER_NAME || !TOKEN.matcher(name).matches()) {
      return "not a header name (expected: letters, digits and hyphens, at most "
          + MAX_HEADER_NAME
          + ")";
    }
    if (lower.equals("host")) {
      return "is not set here (expected: the option host)";
    }
    return FRAMING.contains(lower) ? "is set by the connection (expected: left out)" : null;
  }

  static boolean isHeaderValue(String text) {
    return FIELD_VALUE.matcher(text).matches();
  }
}
