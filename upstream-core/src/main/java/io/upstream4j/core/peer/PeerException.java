package io.upstream4j.core.peer;

import static java.util.Objects.requireNonNull;

/**
 * A peer could not be reached, or the exchange with it broke off. {@link #failure} says how, {@link
 * #isSafeToRetry} whether the peer can have seen the request.
 */
public final class PeerException extends UpstreamException {
  private static final long serialVersionUID = 1L;

  /** What went wrong. */
  public enum Failure {
    /** The name of the peer did not resolve. */
    RESOLVE,
    /** The peer's {@link HttpPeer#addressFilter} permits none of its addresses. */
    FORBIDDEN_ADDRESS,
    /** The connection was refused, or the network is unreachable. */
    CONNECT,
    /** No TCP connection within {@link Timeouts#connection}. */
    CONNECT_TIMEOUT,
    /** No usable connection within {@link Timeouts#totalConnection}. */
    TOTAL_CONNECT_TIMEOUT,
    /** This process has no file descriptor left for a connection, which is no fault of the peer. */
    OUT_OF_DESCRIPTORS,
    /** The TLS handshake failed. */
    TLS,
    /** All connections are in use and {@link PoolLimits#maxPending} requests wait already. */
    PENDING_LIMIT,
    /** All connections stayed in use for {@link PoolLimits#pendingTimeout}. */
    PENDING_TIMEOUT,
    /** No response bytes within {@link Timeouts#read}. */
    READ_TIMEOUT,
    /** No request bytes could be sent within {@link Timeouts#write}. */
    WRITE_TIMEOUT,
    /** The peer closed or reset the connection before the response was complete. */
    CLOSED,
    /**
     * The peer takes no request now: its limit of HTTP/2 streams is 0, or it refused the stream.
     */
    REFUSED,
    /** The peer's response is not valid HTTP, or exceeds a limit. */
    PROTOCOL,
    /** The connector was closed. */
    SHUTDOWN
  }

  private final Failure failure;
  private final String detail;
  private final boolean safeToRetry;
  private final boolean staleConnection;
  private final boolean unprocessed;

  /**
   * Creates the exception.
   *
   * @param peer the peer
   * @param failure what went wrong
   * @param detail more words, such as the time that ran out
   * @param safeToRetry whether the peer cannot have begun to process the request
   * @param staleConnection whether a pooled connection turned out to be closed
   * @param unprocessed whether the peer said that it did not look at the request
   */
  private PeerException(
      HttpPeer peer,
      Failure failure,
      String detail,
      boolean safeToRetry,
      boolean staleConnection,
      boolean unprocessed) {
    super(
        "upstream \"" + peer.upstream() + "\", " + peer + ": " + requireNonNull(detail, "detail"));
    this.detail = detail;
    this.failure = requireNonNull(failure, "failure");
    this.safeToRetry = safeToRetry;
    this.staleConnection = staleConnection;
    this.unprocessed = unprocessed;
  }

  /** A failure before any byte of the request was sent. */
  public static PeerException unsent(HttpPeer peer, Failure failure, String detail) {
    return new PeerException(peer, failure, detail, true, false, false);
  }

  /** A failure after some of the request may have reached the peer. */
  public static PeerException sent(HttpPeer peer, Failure failure, String detail) {
    return new PeerException(peer, failure, detail, false, false, false);
  }

  /**
   * A pooled connection was closed by the peer before the first byte of a response.
   *
   * @param nothingSent whether no byte of the request had been sent on it
   */
  public static PeerException stale(HttpPeer peer, boolean nothingSent, String detail) {
    return new PeerException(peer, Failure.CLOSED, detail, nothingSent, true, false);
  }

  /**
   * A connection was at its end, by the peer's own word, before it came to this request: others it
   * served (RFC 9113, 6.8, streams above the last of GOAWAY).
   */
  public static PeerException unprocessed(HttpPeer peer, String detail) {
    return new PeerException(peer, Failure.CLOSED, detail, true, true, true);
  }

  /** What went wrong. */
  public Failure failure() {
    return failure;
  }

  /** What went wrong, in words without the peer, which the message has. */
  public String detail() {
    return detail;
  }

  /** Whether the peer cannot have begun to process the request, whatever its method. */
  public boolean isSafeToRetry() {
    return safeToRetry;
  }

  /**
   * Whether a pooled connection turned out to be closed, which says nothing about the peer: the
   * same peer on a fresh connection is a fair second try.
   */
  public boolean isStaleConnection() {
    return staleConnection;
  }

  /** Whether this process lacks what a connection needs, which says nothing about the peer. */
  public boolean isOwnLack() {
    return failure == Failure.OUT_OF_DESCRIPTORS;
  }

  /**
   * Whether the peer ended a connection in good order before it came to this request. Any number of
   * requests may be in that place at once, so it is no sign of trouble: another connection of the
   * same peer will do, and needs not be a fresh one.
   */
  public boolean isUnprocessed() {
    return unprocessed;
  }
}
