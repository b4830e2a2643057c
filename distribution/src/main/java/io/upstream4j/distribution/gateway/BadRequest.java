package io.upstream4j.distribution.gateway;

import io.netty.handler.codec.http.HttpResponseStatus;
import io.upstream4j.core.http1.MalformedMessageException;

/**
 * Why a request is refused before anything of it is forwarded. The connection is closed after the
 * answer, for where the next request begins is in doubt.
 *
 * @param status the answer's
 * @param reason for the answer's body
 */
record BadRequest(HttpResponseStatus status, String reason) {
  static BadRequest malformed(String reason) {
    return new BadRequest(HttpResponseStatus.BAD_REQUEST, reason);
  }

  /** A head or its trailers have more than that many fields. */
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
