package io.upstream4j.core.connect;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.concurrent.TimeUnit;

/**
 * For how long a server keeps an idle connection, as its responses say: {@code Keep-Alive:
 * timeout=5, max=100} (RFC 2068, 19.7.1.1).
 */
final class KeepAlive {
  private static final AsciiString NAME = AsciiString.cached("keep-alive");
  private static final String TIMEOUT = "timeout=";
  private static final int MAX_DIGITS = 9;
  private static final int MAX_LENGTH = 256; // of what is looked at
  private static final long MARGIN_NANOS = TimeUnit.SECONDS.toNanos(1);

  private KeepAlive() {}

  /**
   * For how many nanoseconds a connection may be kept, so that this side closes it before the
   * server does: a second less than the server says, or half of that when it says a second; -1 when
   * it does not say.
   */
  static long nanos(HttpHeaders response) {
    String value = response.get(NAME);
    long seconds = value == null ? -1 : seconds(value);
    long told = TimeUnit.SECONDS.toNanos(seconds);
    return seconds < 0 ? -1 : told - Math.min(MARGIN_NANOS, told / 2);
  }

  private static long seconds(String value) {
    if (value.length() > MAX_LENGTH) {
      return -1;
    }
    for (String part : value.split(",", -1)) {
      String parameter = part.strip();
      if (parameter.regionMatches(true, 0, TIMEOUT, 0, TIMEOUT.length())) {
        return number(parameter.substring(TIMEOUT.length()).strip());
      }
    }
    return -1;
  }

  private static long number(String text) {
    boolean quoted = text.length() > 1 && text.startsWith("\"") && text.endsWith("\"");
    String digits = quoted ? text.substring(1, text.length() - 1) : text;
    for (int i = 0; i < digits.length(); i++) {
      if (digits.charAt(i) < '0' || digits.charAt(i) > '9') {
        return -1;
      }
    }
    return digits.isEmpty() || digits.length() > MAX_DIGITS ? -1 : Long.parseLong(digits);
  }
}
