package io.upstream4j.distribution.gateway;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Starts a trace for each request without one, according to <a
 * href="https://www.w3.org/TR/trace-context/">W3C Trace Context</a>. Valid headers of clients are
 * forwarded unchanged, because the gateway reports no spans. Thread-safe.
 */
final class TraceParents {
  static final AsciiString TRACEPARENT = AsciiString.cached("traceparent");
  private static final AsciiString TRACESTATE = AsciiString.cached("tracestate");
  private static final int LENGTH = 55; // 2, 32, 16 and 2 digits, with hyphens
  private static final HexFormat HEX = HexFormat.of();
  private static final String ZEROS = "0".repeat(32);

  private final double sampled;

  /**
   * Creates a generator of trace parents.
   *
   * @param sampled the fraction of its traces, 0 to 1, that is marked as sampled
   */
  TraceParents(double sampled) {
    this.sampled = sampled;
  }

  /** Ensures that the request has a valid {@code traceparent}. */
  void putInto(HttpHeaders headers) {
    List<String> values = headers.getAll(TRACEPARENT);
    if (values.size() == 1 && isValid(values.get(0))) {
      return;
    }
    headers.set(TRACEPARENT, create());
    headers.remove(TRACESTATE); // belongs to the invalid traceparent (section 4.3)
  }

  private String create() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    StringBuilder text = new StringBuilder(LENGTH).append("00-");
    text.append(HEX.toHexDigits(random.nextLong())).append(HEX.toHexDigits(nonZero(random)));
    text.append('-').append(HEX.toHexDigits(nonZero(random)));
    // Bit 1 marks a random trace id, bit 0 a sampled trace.
    return text.append(random.nextDouble() < sampled ? "-03" : "-02").toString();
  }

  private static long nonZero(ThreadLocalRandom random) {
    long value = random.nextLong();
    while (value == 0) { // ids must not be all zeros
      value = random.nextLong();
    }
    return value;
  }

  /** Checks a value according to section 3.2. Values of later versions may be longer. */
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
