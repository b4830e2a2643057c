package io.upstream4j.core.connect;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.HttpConversionUtil;
import java.util.List;
import java.util.Map;

/** Heads and trailers from one version of HTTP to the other (RFC 9113, section 8). */
final class Http2Heads {
  private Http2Heads() {}

  static Http2Headers request(HttpRequest head, boolean secure) {
    HttpHeaders from = head.headers();
    Http2Headers to = new DefaultHttp2Headers(false, from.size() + 4);
    to.method(head.method().asciiName());
    to.scheme(secure ? "https" : "http");
    String host = from.get(HttpHeaderNames.HOST);
    if (host != null) {
      to.authority(host);
    }
    to.path(path(head.uri()));
    HttpConversionUtil.toHttp2Headers(from, to);
    if (from.containsValue(HttpHeaderNames.TE, HttpHeaderValues.TRAILERS, true)) {
      // Connection names it, as it must in HTTP/1.1, which takes it out.
      to.set(HttpHeaderNames.TE, HttpHeaderValues.TRAILERS);
    }
    return to;
  }

  /** The path of a target that has a scheme and a host, too. */
  private static String path(String target) {
    int scheme = target.charAt(0) == '/' ? -1 : target.indexOf("://");
    if (scheme < 0) {
      return target;
    }
    int slash = target.indexOf('/', scheme + 3);
    return slash < 0 ? "/" : target.substring(slash);
  }

  static Http2Headers trailers(HttpHeaders from) {
    Http2Headers to = new DefaultHttp2Headers(false, from.size());
    HttpConversionUtil.toHttp2Headers(from, to);
    return to;
  }

  /**
   * The head of a response.
   *
   * @throws IllegalArgumentException when it is malformed
   */
  static HttpResponse response(Http2Headers from) {
    HttpHeaders to = new DefaultHttpHeaders();
    copy(from, to);
    mergeLengths(to);
    return new DefaultHttpResponse(HttpVersion.HTTP_1_1, status(from.status()), to);
  }

  /** Makes one of several lengths, which must be equal (RFC 9110, 8.6). */
  private static void mergeLengths(HttpHeaders to) {
    List<String> lengths = to.getAll(HttpHeaderNames.CONTENT_LENGTH);
    if (lengths.isEmpty() || (lengths.size() == 1 && lengths.get(0).indexOf(',') < 0)) {
      return;
    }
    String length = null;
    for (String value : String.join(",", lengths).split(",", -1)) {
      if (length != null && !length.equals(value.strip())) {
        throw new IllegalArgumentException("different values of content-length: " + lengths);
      }
      length = value.strip();
    }
    to.set(HttpHeaderNames.CONTENT_LENGTH, length);
  }

  private static HttpResponseStatus status(CharSequence text) {
    int status = 0;
    for (int i = 0; text != null && i < text.length(); i++) {
      char digit = text.charAt(i);
      status = digit < '0' || digit > '9' ? 10_000 : status * 10 + digit - '0';
    }
    if (text == null || text.length() != 3 || status < 100 || status > 999 || status == 101) {
      throw new IllegalArgumentException(
          ":status is \"" + text + "\" (expected: three digits, and not 101)");
    }
    return HttpResponseStatus.valueOf(status);
  }

  /**
   * Copies fields.
   *
   * @throws IllegalArgumentException when one is malformed, in HTTP/1.1 too
   */
  static void copy(Http2Headers from, HttpHeaders to) {
    for (Map.Entry<CharSequence, CharSequence> field : from) {
      CharSequence name = field.getKey();
      if (name.length() == 0 || name.charAt(0) != ':') {
        to.add(name, field.getValue());
      }
    }
    for (CharSequence hop :
        List.of(
            HttpHeaderNames.CONNECTION,
            HttpHeaderNames.TRANSFER_ENCODING,
            HttpHeaderNames.UPGRADE)) {
      if (to.contains(hop)) {
        throw new IllegalArgumentException("has the field " + hop + " (RFC 9113, section 8.2.2)");
      }
    }
  }
}
