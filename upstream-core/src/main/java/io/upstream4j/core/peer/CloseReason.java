package io.upstream4j.core.peer;

/** Why a connection of a pool was closed. */
public enum CloseReason {
  /** It was unused for {@link Timeouts#idle}. */
  IDLE_TIMEOUT,
  /** The peer closed it while it was unused, or before it answered the next request. */
  PEER_CLOSED,
  /** It served {@link PoolLimits#maxRequests}, or its HTTP/2 stream ids were used up. */
  MAX_REQUESTS,
  /** It reached {@link PoolLimits#maxAge}. */
  MAX_AGE,
  /** The peer sent GOAWAY (HTTP/2) or no longer accepts streams. */
  GOAWAY,
  /**
   * It cannot be reused after its last exchange: {@code Connection: close}, a body that ends with
   * the connection, another protocol, or a response before the request was complete.
   */
  NOT_REUSABLE,
  /** It ended during an exchange. */
  BROKEN,
  /** A read or write time-out of an exchange, or a missing answer to an HTTP/2 PING. */
  TIMED_OUT,
  /** The peer violated HTTP or TLS, or sent unexpected data. */
  PROTOCOL,
  /** The caller abandoned its exchange. */
  ABANDONED,
  /** There were more idle connections than were recently in use at the same time. */
  SURPLUS,
  /** A request needed a fresh connection, and the pool was full. */
  REPLACED,
  /** The backend was removed or disabled, the upstream removed, or the connector closed. */
  DRAINED
}
