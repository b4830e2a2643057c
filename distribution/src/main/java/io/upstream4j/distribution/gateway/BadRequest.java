package io.upstream4j.distribution.gateway;

import io.netty.handler.codec.http.HttpResponseStatus;
import io.upstream4j.core.http1.MalformedMessageException;

/**
 * Why a request is refused before any of it is forwarded. The connection is closed after the
 * response, because it is unknown where the next request begins.
 *
 * @param status the status of the response
 * @param reason the text of the response
 */
record BadRequest(HttpResponseStatus status, String reason) {
  static BadRequest malformed(String reason) {
    return new BadRequest(HttpResponseStatus.BAD_REQUEST, reason);
  }

  /** A head or trailers with too many fields. */
  static BadRequest tooManyFields(int limit) {
    return new BadRequest(
        HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        "more than " + limit + " header fields");
  }

  static BadRequest of(MalformedMessageException cause) {
    return new BadRequest(
        cause.isTooLarge()
            ? HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            : HttpResponseStatus.BAD_REQUEST,
        String.valueOf(cause.getMessage()));
  }
}
