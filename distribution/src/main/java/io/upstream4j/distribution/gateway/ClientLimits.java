package io.upstream4j.distribution.gateway;

/**
 * How much of a client is accepted.
 *
 * @param maxFields the fields that a head may have; trailers may have as many
 * @param maxHeadBytes the bytes that a head may have, its first line included; trailers may have as
 *     many
 * @param maxRequestLineBytes the bytes that the first line of a request may have
 */
record ClientLimits(int maxFields, int maxHeadBytes, int maxRequestLineBytes) {
  static final ClientLimits DEFAULT =
      new ClientLimits(200, RequestDecoder.MAX_HEAD_BYTES, RequestDecoder.MAX_REQUEST_LINE_BYTES);

  ClientLimits withMaxFields(int fields) {
    return new ClientLimits(fields, maxHeadBytes, maxRequestLineBytes);
  }

  ClientLimits withMaxHeadBytes(int bytes) {
    return new ClientLimits(maxFields, bytes, maxRequestLineBytes);
  }
}
