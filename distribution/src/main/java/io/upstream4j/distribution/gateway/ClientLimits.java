package io.upstream4j.distribution.gateway;

/**
 * How much of a client is accepted.
 *
 * @param maxFields the fields that a head may have; trailers may have as many
 * @param maxHeadBytes the bytes that a head may have, its first line included; trailers may have as
 *     many
 * @param maxRequestLineBytes the bytes that the first line of a request may have
 * @param connections how many clients may be connected
 */
record ClientLimits(
    int maxFields, int maxHeadBytes, int maxRequestLineBytes, ConnectionLimit connections) {
  static final ClientLimits DEFAULT =
      new ClientLimits(
          200,
          RequestDecoder.MAX_HEAD_BYTES,
          RequestDecoder.MAX_REQUEST_LINE_BYTES,
          ConnectionLimit.ofProcess());

  ClientLimits withMaxFields(int fields) {
    return new ClientLimits(fields, maxHeadBytes, maxRequestLineBytes, connections);
  }

  ClientLimits withMaxHeadBytes(int bytes) {
    return new ClientLimits(maxFields, bytes, maxRequestLineBytes, connections);
  }

  ClientLimits withConnections(ConnectionLimit limit) {
    return new ClientLimits(maxFields, maxHeadBytes, maxRequestLineBytes, limit);
  }
}
