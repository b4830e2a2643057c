package io.upstream4j.core.peer;

/** Why a connection of a pool was closed. */
public enum CloseReason {
  /** Nobody had used it for {@link Timeouts#idle}. */
  IDLE_TIMEOUT,
  /** The peer closed it while nobody used it, or before it answered the next request. */
  PEER_CLOSED,
  /** It had served {@link PoolLimits#maxRequests}, or had no numbers left for HTTP/2 streams. */
  MAX_REQUESTS,
  /** It had come to {@link PoolLimits#maxAge}. */
  MAX_AGE,
  /** The peer said GOAWAY (HTTP/2), or that it takes no more streams. */
  GOAWAY,
  /**
   * The last exchange left it of no use to another: {@code Connection: close}, a body that ends
   * with the connection, another protocol, an answer before the request was complete.
   */
  NOT_REUSABLE,
  /** It ended in the middle of an exchange. */
  BROKEN,
  /** A read or write timeout of an exchange, or no answer to an HTTP/2 PING. */
  TIMED_OUT,
  /** The peer broke the rules of HTTP or TLS, or sent what nobody asked for. */
  PROTOCOL,
  /** The caller gave up its exchange. */
  ABANDONED,
  /** More were idle than had been in use at the same time recently. */
  SURPLUS,
  /** A request needed a fresh connection, and there was no place for one more. */
  REPLACED,
  /** Its backend was removed or disabled, its upstream removed, or the connector closed. */
  DRAINED
}
