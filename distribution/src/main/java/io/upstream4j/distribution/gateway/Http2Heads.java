package io.upstream4j.distribution.gateway;

import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http2.Http2Headers;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Converts the heads of HTTP/2 requests to HTTP/1.1. */
final class Http2Heads {
  private Http2Heads() {}

  /**
   * Creates a request from its fields.
   *
   * @param endOfStream whether neither a body nor trailers follow
   * @param handshake the handshake of a WebSocket request, which becomes a GET with an upgrade
   * @throws IllegalArgumentException when a field is not allowed in a request, or a required one is
   *     missing
   */
  static HttpRequest request(
      Http2Headers fields, boolean endOfStream, @Nullable WebSocketHandshake handshake) {
    HttpMethod method =
        handshake != null ? HttpMethod.GET : HttpMethod.valueOf(needed(fields.method(), ":method"));
    boolean isConnect = method.equals(HttpMethod.CONNECT); // without scheme and path
    if (!isConnect) {
      checkScheme(needed(fields.scheme(), ":scheme"));
    }
    CharSequence authority = fields.authority();
    HttpRequest request =
        new DefaultHttpRequest(
            HttpVersion.HTTP_1_1,
            method,
            isConnect ? "" : needed(fields.path(), ":path"),
            DefaultHttpHeadersFactory.headersFactory());
    HttpHeaders headers = request.headers();
    if (authority != null) {
      headers.add(HttpHeaderNames.HOST, authority);
    }
    copy(fields, headers, authority);
    if (handshake != null) {
      handshake.ask(headers);
    } else if (!endOfStream) {
      frame(headers);
    }
    return request;
  }

  // RFC 9113, section 8.3.1.
  private static String needed(@Nullable CharSequence value, String name) {
    if (value == null) {
      throw new IllegalArgumentException(name + " is missing");
    }
    return value.toString();
  }

  private static void checkScheme(String scheme) {
    if (!scheme.equalsIgnoreCase("http") && !scheme.equalsIgnoreCase("https")) {
      throw new IllegalArgumentException(":scheme is neither http nor https");
    }
  }

  /**
   * Sets the framing of the body. HTTP/1.1 allows trailers only after chunks, not with a length.
   */
  private static void frame(HttpHeaders headers) {
    if (headers.contains(HttpHeaderNames.TRAILER)) {
      headers.remove(HttpHeaderNames.CONTENT_LENGTH);
    }
    if (!headers.contains(HttpHeaderNames.CONTENT_LENGTH)) {
      headers.set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
    }
  }

  /** Copies trailers. */
  static void copyTrailers(Http2Headers fields, HttpHeaders trailers) {
    copy(fields, trailers, null);
  }

  private static void copy(
      Http2Headers fields, HttpHeaders headers, @Nullable CharSequence authority) {
    StringBuilder cookies = null;
    for (Map.Entry<CharSequence, CharSequence> field : fields) {
      CharSequence name = field.getKey();
      CharSequence value = field.getValue();
      if (name.length() > 0 && name.charAt(0) == ':') {
        continue;
      }
      if (HttpHeaderNames.COOKIE.contentEquals(name)) {
        // RFC 9113, section 8.2.3: join cookies that were split.
        cookies = cookies == null ? new StringBuilder() : cookies.append("; ");
        cookies.append(value);
      } else if (authority == null
          || !HttpHeaderNames.HOST.contentEquals(name)
          || !authority.toString().equalsIgnoreCase(value.toString())) { // 8.3.1: equal
        headers.add(name, value);
      }
    }
    if (cookies != null) {
      headers.add(HttpHeaderNames.COOKIE, cookies);
    }
  }
}
