package io.upstream4j.core.connect;

import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import java.util.List;

/**
 * Where a request ends, read from its head as the peer will read it (RFC 9112, section 6). A
 * request whose body does not fit its head would change where the next one begins.
 */
final class RequestFraming {
  /** The body is sent in chunks, the last of which ends it. */
  static final long CHUNKED = -1;

  private RequestFraming() {}

  /**
   * The length of the body, or {@link #CHUNKED}.
   *
   * @throws IllegalArgumentException when the head cannot be sent
   */
  static long bodyLength(HttpRequest head) {
    if (HttpMethod.CONNECT.equals(head.method())) {
      throw new IllegalArgumentException("method: CONNECT (expected: one without a tunnel)");
    }
    checkTarget(head.uri());
    long length = declaredLength(head.headers());
    if (head instanceof FullHttpRequest full
        && length != CHUNKED
        && length != full.content().readableBytes()) {
      throw new IllegalArgumentException(
          "content-length: "
              + length
              + " (expected: "
              + full.content().readableBytes()
              + ", the length of the body)");
    }
    return length;
  }

  /** Netty checks the method, the header names and values; not all of this in every version. */
  private static void checkTarget(String target) {
    if (target.isEmpty()) {
      throw new IllegalArgumentException("uri: empty (expected: a path such as /)");
    }
    for (int i = 0; i < target.length(); i++) {
      char c = target.charAt(i);
      if (c <= ' ' || c == 0x7f) {
        throw new IllegalArgumentException(
            "uri: character 0x"
                + Integer.toHexString(c)
                + " at "
                + i
                + " (expected: no white space or control characters)");
      }
    }
  }

  private static long declaredLength(HttpHeaders headers) {
    String length = headers.get(HttpHeaderNames.CONTENT_LENGTH);
    String coding = headers.get(HttpHeaderNames.TRANSFER_ENCODING);
    if (coding != null) {
      if (length != null) {
        throw new IllegalArgumentException(
            "content-length: " + length + " (expected: none beside a transfer-encoding)");
      }
      if (!HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(coding)
          || headers.getAll(HttpHeaderNames.TRANSFER_ENCODING).size() != 1) {
        throw new IllegalArgumentException(
            "transfer-encoding: " + coding + " (expected: chunked, once)");
      }
      return CHUNKED;
    }
    if (length == null) {
      return 0;
    }
    List<String> all = headers.getAll(HttpHeaderNames.CONTENT_LENGTH);
    if (all.size() != 1 || length.length() > 18 || !isDigits(length)) {
      throw new IllegalArgumentException("content-length: " + all + " (expected: one number)");
    }
    return Long.parseLong(length);
  }

  private static boolean isDigits(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return false;
      }
    }
    return !text.isEmpty();
  }
}
