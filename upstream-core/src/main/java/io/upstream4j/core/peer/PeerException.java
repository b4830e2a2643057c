package io.upstream4j.core.peer;

import static java.util.Objects.requireNonNull;

/**
 * Thrown when a peer could not be reached or an exchange with it failed. {@link #failure}
 * classifies the cause and the fault; {@link #isSafeToRetry} says whether the peer can have seen
 * the request.
 */
public final class PeerException extends UpstreamException {
  private static final long serialVersionUID = 1L;

  /** Who is at fault. Only {@link #BACKEND} counts against the backend. */
  public enum Fault {
    /** The backend failed, or cannot be reached. */
    BACKEND,
    /** A limit, a resource or a decision of this process. */
    OWN,
    /** The client's request cannot be served by any backend. */
    CLIENT,
    /** Unknown: an overload, or something that the client may have caused. */
    UNCLEAR
  }

  /** Where a request may be retried after a failure. */
  public enum Repeat {
    /** Nowhere, because it would fail again. */
    NEVER,
    /**
     * At another backend, whatever the method, because nothing was sent. Does not use the retry
     * budget.
     */
    ELSEWHERE,
    /** At another backend, or else at the same one after a delay. Does not use the retry budget. */
    ANYWHERE,
    /**
     * At another backend if nothing was sent or the method is idempotent; at the same one if
     * nothing was sent. Uses the retry budget.
     */
    IF_SAFE
  }

  /**
   * The kinds of failures. This is the only place that classifies them: who is at fault, where the
   * request may be retried, whether the backend is probed at once, and which status a proxy
   * returns.
   */
  public enum Failure {
    /** The name of the peer did not resolve. */
    RESOLVE(Fault.BACKEND, Repeat.ANYWHERE, Doubt.YES, 502),
    /** The peer's {@link HttpPeer#addressFilter} allows none of its addresses. */
    FORBIDDEN_ADDRESS(Fault.CLIENT, Repeat.NEVER, Doubt.NO, 403),
    /** The connection was refused, or the network is unreachable. */
    CONNECT(Fault.BACKEND, Repeat.ANYWHERE, Doubt.YES, 502),
    /** No TCP connection within {@link Timeouts#connection}. */
    CONNECT_TIMEOUT(Fault.BACKEND, Repeat.ELSEWHERE, Doubt.YES, 504),
    /** No usable connection within {@link Timeouts#totalConnection}. */
    TOTAL_CONNECT_TIMEOUT(Fault.BACKEND, Repeat.ELSEWHERE, Doubt.YES, 504),
    /** This process has no file descriptor left for a connection. */
    OUT_OF_DESCRIPTORS(Fault.OWN, Repeat.ELSEWHERE, Doubt.NO, 503),
    /** This machine has no address or no free port to connect from. */
    LOCAL_ADDRESS(Fault.OWN, Repeat.ELSEWHERE, Doubt.NO, 503),
    /** The TLS handshake failed. */
    TLS(Fault.BACKEND, Repeat.ANYWHERE, Doubt.YES, 502),
    /**
     * The peer ended the TLS handshake without giving a reason, after a server name that the
     * request chose and that may be the reason.
     */
    TLS_REQUEST_NAME(Fault.UNCLEAR, Repeat.ELSEWHERE, Doubt.NO, 502),
    /**
     * The request chose a server name that is not valid, that the peer refuses, or for which the
     * peer has no valid certificate.
     */
    MISDIRECTED(Fault.CLIENT, Repeat.NEVER, Doubt.NO, 421),
    /** All connections are in use, and {@link PoolLimits#maxPending} requests already wait. */
    PENDING_LIMIT(Fault.OWN, Repeat.ELSEWHERE, Doubt.NO, 503),
    /** All connections stayed in use for {@link PoolLimits#pendingTimeout}. */
    PENDING_TIMEOUT(Fault.OWN, Repeat.ELSEWHERE, Doubt.NO, 503),
    /** No response bytes within {@link Timeouts#read}. */
    READ_TIMEOUT(Fault.BACKEND, Repeat.IF_SAFE, Doubt.YES, 504),
    /** No request bytes could be sent within {@link Timeouts#write}. */
    WRITE_TIMEOUT(Fault.BACKEND, Repeat.IF_SAFE, Doubt.YES, 504),
    /** The peer closed or reset the connection before the response was complete. */
    CLOSED(Fault.BACKEND, Repeat.IF_SAFE, Doubt.YES, 502),
    /**
     * The peer accepts no request now: its limit of HTTP/2 streams is 0, or it refused the stream.
     */
    REFUSED(Fault.UNCLEAR, Repeat.ANYWHERE, Doubt.NO, 503),
    /** The peer's response is not valid HTTP or exceeds a limit. */
    PROTOCOL(Fault.BACKEND, Repeat.IF_SAFE, Doubt.NO, 502),
    /** The peer answered an {@code Upgrade} request successfully, but did not switch protocols. */
    NOT_SWITCHED(Fault.UNCLEAR, Repeat.NEVER, Doubt.NO, 502),
    /** The request's header fields are larger than the peer's HTTP/2 settings allow. */
    HEADERS_TOO_LARGE(Fault.CLIENT, Repeat.NEVER, Doubt.NO, 431),
    /** The request is not valid HTTP: the length of its body differs from its head. */
    INVALID_REQUEST(Fault.CLIENT, Repeat.NEVER, Doubt.NO, 400),
    /** The backend was removed or disabled, and the drain time expired. */
    DRAINED(Fault.OWN, Repeat.IF_SAFE, Doubt.NO, 503),
    /** A bug or a setting of this process, such as TLS files that cannot be used. */
    INTERNAL(Fault.OWN, Repeat.NEVER, Doubt.NO, 500),
    /** The connector was closed. */
    SHUTDOWN(Fault.OWN, Repeat.NEVER, Doubt.NO, 503);

    private enum Doubt {
      YES,
      NO
    }

    private final Fault fault;
    private final Repeat repeat;
    private final Doubt doubt;
    private final int status;

    Failure(Fault fault, Repeat repeat, Doubt doubt, int status) {
      this.fault = fault;
      this.repeat = repeat;
      this.doubt = doubt;
      this.status = status;
    }

    /** Returns who is at fault. */
    public Fault fault() {
      return fault;
    }

    /** Returns where the request may be retried. */
    public Repeat repeat() {
      return repeat;
    }

    /**
     * Returns whether the failure counts for the backend's circuit and among the backend's
     * failures.
     */
    public boolean isOfBackend() {
      return fault == Fault.BACKEND;
    }

    /** Returns whether the backend may be down, so that it is probed at once. */
    public boolean isDoubt() {
      return doubt == Doubt.YES;
    }

    /**
     * Returns the status that a proxy returns when there is no further try (RFC 9110, section 15).
     */
    public int status() {
      return status;
    }
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
   * @param failure the kind of failure
   * @param detail a description, such as the time-out that expired
   * @param safeToRetry whether the peer cannot have started to process the request
   * @param staleConnection whether a pooled connection was found to be closed
   * @param unprocessed whether the peer reported that it did not process the request
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

  /** Creates a failure that occurred before any byte of the request was sent. */
  public static PeerException unsent(HttpPeer peer, Failure failure, String detail) {
    return new PeerException(peer, failure, detail, true, false, false);
  }

  /** Creates a failure after parts of the request may have reached the peer. */
  public static PeerException sent(HttpPeer peer, Failure failure, String detail) {
    return new PeerException(peer, failure, detail, false, false, false);
  }

  /**
   * Creates a failure of a pooled connection that the peer closed before the first byte of a
   * response.
   *
   * @param nothingSent whether no byte of the request had been sent on it
   */
  public static PeerException stale(HttpPeer peer, boolean nothingSent, String detail) {
    return new PeerException(peer, Failure.CLOSED, detail, nothingSent, true, false);
  }

  /**
   * Creates a failure of a connection that the peer ended before it processed this request: for
   * HTTP/2, streams above the last one in GOAWAY (RFC 9113, section 6.8).
   */
  public static PeerException unprocessed(HttpPeer peer, String detail) {
    return new PeerException(peer, Failure.CLOSED, detail, true, true, true);
  }

  /** Returns the kind of failure. */
  public Failure failure() {
    return failure;
  }

  /** Returns a description without the peer, which the message contains. */
  public String detail() {
    return detail;
  }

  /** Returns whether the peer cannot have started to process the request, whatever its method. */
  public boolean isSafeToRetry() {
    return safeToRetry;
  }

  /**
   * Returns whether a pooled connection was found to be closed. This says nothing about the health
   * of the peer, so a retry at the same peer over a fresh connection is reasonable.
   */
  public boolean isStaleConnection() {
    return staleConnection;
  }

  /** Returns whether the failure counts against the backend. A stale connection does not. */
  public boolean isFaultOfBackend() {
    return failure.isOfBackend() && !staleConnection;
  }

  /**
   * Returns whether the peer ended a connection in an orderly way before it processed this request.
   * Any number of requests may be affected at once, so it does not indicate trouble. A retry may
   * use any other connection to the same peer, not only a fresh one.
   */
  public boolean isUnprocessed() {
    return unprocessed;
  }
}
