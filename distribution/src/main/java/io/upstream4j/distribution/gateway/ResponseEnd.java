package io.upstream4j.distribution.gateway;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.upstream4j.core.connect.HttpStream;
import org.jspecify.annotations.Nullable;

/** What marks the end of a response for a client (RFC 9112, section 6.3). */
enum ResponseEnd {
  /** Its head, as it has no body. */
  HEAD,
  /** Its length, its last chunk or the end of its stream. */
  BODY,
  /** The end of the connection. */
  CONNECTION;

  private static final int NO_CONTENT = 204;
  private static final int RESET_CONTENT = 205;
  private static final int NOT_MODIFIED = 304;

  /**
   * Sets the framing of a response for the client.
   *
   * @param head the head after {@link ForwardHeaders#toClient}
   * @param method the method of the request
   * @param headers the converter of the request and its response
   * @param stream the stream of the response, if it still exists
   */
  static ResponseEnd frame(
      HttpResponse head, HttpMethod method, ForwardHeaders headers, @Nullable HttpStream stream) {
    HttpHeaders fields = head.headers();
    boolean answersHead = method.equals(HttpMethod.HEAD);
    int status = head.status().code();
    if (status == RESET_CONTENT && !answersHead) {
      // RFC 9110, section 15.3.6: no content, whatever the backend sends.
      fields.remove(HttpHeaderNames.TRANSFER_ENCODING);
      fields.set(HttpHeaderNames.CONTENT_LENGTH, HttpHeaderValues.ZERO);
      return HEAD;
    }
    boolean bodiless = answersHead || status == NO_CONTENT || status == NOT_MODIFIED;
    if (headers.responseHasLength() && (bodiless || !trailersNeedChunks(fields, headers, stream))) {
      return bodiless ? HEAD : BODY;
    }
    fields.remove(HttpHeaderNames.CONTENT_LENGTH);
    if (headers.isHttp10()) {
      fields.remove(HttpHeaderNames.TRANSFER_ENCODING);
      return bodiless ? HEAD : CONNECTION;
    }
    if (!bodiless) {
      fields.set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
    } else if (!answersHead) {
      fields.remove(HttpHeaderNames.TRANSFER_ENCODING);
    }
    return bodiless ? HEAD : BODY;
  }

  /**
   * Returns whether chunks are needed for trailers. HTTP/1.1 allows trailers only after chunks.
   * HTTP/2 also allows them with a length, and without announcing them.
   */
  private static boolean trailersNeedChunks(
      HttpHeaders fields, ForwardHeaders headers, @Nullable HttpStream stream) {
    return headers.isHttp11()
        && stream != null
        && stream.isHttp2()
        && (headers.takesTrailers() || fields.contains(HttpHeaderNames.TRAILER));
  }
}
