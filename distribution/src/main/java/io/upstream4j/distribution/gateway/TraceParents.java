package io.upstream4j.distribution.gateway;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Begins a trace for each request that is part of none, after <a
 * href="https://www.w3.org/TR/trace-context/">W3C Trace Context</a>. What clients send is passed on
 * as it is, since the gateway reports no spans of its own. Thread-safe.
 */
final class TraceParents {
  static final AsciiString TRACEPARENT = AsciiString.cached("traceparent");
  private static final AsciiString TRACESTATE = AsciiString.cached("tracestate");
  private static final int LENGTH = 55; // 2 digits, 32, 16 and 2, with hyphens
  private static final HexFormat HEX = HexFormat.of();
  private static final String ZEROS = "0".repeat(32);

  private final double sampled;

  /**
   * Creates it.
   *
   * @param sampled the part of the traces it begins, 0 to 1, that are marked to be recorded
   */
  TraceParents(double sampled) {
    this.sampled = sampled;
  }

  /** Sees to it that the request has a {@code traceparent}. */
  void putInto(HttpHeaders headers) {
    List<String> values = headers.getAll(TRACEPARENT);
    if (values.size() == 1 && isValid(values.get(0))) {
      return;
    }
    headers.set(TRACEPARENT, create());
    headers.remove(TRACESTATE); // it belonged to what could not be understood (section 4.3)
  }

  private String create() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    StringBuilder text = new StringBuilder(LENGTH).append("00-");
    text.append(HEX.toHexDigits(random.nextLong())).append(HEX.toHexDigits(nonZero(random)));
    text.append('-').append(HEX.toHexDigits(nonZero(random)));
    // Bit 1 says that the trace's number is random, bit 0 that the trace is recorded.
    return text.append(random.nextDouble() < sampled ? "-03" : "-02").toString();
  }

  private static long nonZero(ThreadLocalRandom random) {
    long value = random.nextLong();
    while (value == 0) { // all zeros is no number of a trace or span
      value = random.nextLong();
    }
    return value;
  }

  /** Section 3.2; a version above ours may be longer. */
  static boolean isValid(String value) {
    if (value.length() < LENGTH
        || value.charAt(2) != '-'
        || value.charAt(35) != '-'
        || value.charAt(52) != '-') {
      return false;
    }
    if (value.startsWith("ff") || (value.length() > LENGTH && !isLongerVersion(value))) {
      return false;
    }
    return isHex(value, 0, 2)
        && isHex(value, 3, 35)
        && isHex(value, 36, 52)
        && isHex(value, 53, 55)
        && !value.regionMatches(3, ZEROS, 0, 32)
        && !value.regionMatches(36, ZEROS, 0, 16);
  }

  private static boolean isLongerVersion(String value) {
    return !value.startsWith("00") && value.charAt(LENGTH) == '-';
  }

  private static boolean isHex(String value, int from, int to) {
    for (int i = from; i < to; i++) {
      char c = value.charAt(i);
      if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
        return false;
      }
    }
    return true;
  }
}
