package io.upstream4j.core.peer;

import static java.util.Objects.requireNonNull;

/**
 * A peer could not be reached, or the exchange with it failed. {@link #failure} says how and whose
 * fault that is, {@link #isSafeToRetry} whether the peer can have seen the request.
 */
public final class PeerException extends UpstreamException {
  private static final long serialVersionUID = 1L;

  /** Whose fault a failure is. Only the backend's counts against the backend. */
  public enum Fault {
    /** The backend failed, or cannot be reached. */
    BACKEND,
    /** A limit, a resource or a decision of this process. */
    OWN,
    /** The client's request cannot be served as it is, by this backend or any other. */
    CLIENT,
    /** Nobody's for sure: an overload, or something that the client may have provoked. */
    UNCLEAR
  }

  /** Where a request may be tried again after a failure. */
  public enum Repeat {
    /** Nowhere: it would fail again. */
    NEVER,
    /** At another backend, whatever the method: nothing was sent. Free of the retry budget. */
    ELSEWHERE,
    /** At another backend, else at the same one after a delay. Free of the retry budget. */
    ANYWHERE,
    /**
     * At another backend when nothing was sent or the method is idempotent, and at the same one
     * when nothing was sent. Takes from the retry budget.
     */
    IF_SAFE
  }

  /**
   * What went wrong. Each failure is classified here and nowhere else: whose fault it is, where the
   * request may be tried again, whether the health check looks at the backend at once, and what a
   * proxy answers.
   */
  public enum Failure {
    /** The name of the peer did not resolve. */
    RESOLVE(Fault.BACKEND, Repeat.ANYWHERE, Doubt.YES, 502),
    /** The peer's {@link HttpPeer#addressFilter} permits none of its addresses. */
    FORBIDDEN_ADDRESS(Fault.CLIENT, Repeat.NEVER, Doubt.NO, 403),
    /** The connection was refused, or the network is unreachable. */
    CONNECT(Fault.BACKEND, Repeat.ANYWHERE, Doubt.YES, 502),
    /** No TCP connection within {@link Timeouts#connection}. */
    CONNECT_TIMEOUT(Fault.BACKEND, Repeat.ELSEWHERE, Doubt.YES, 504),
    /** No usable connection within {@link Timeouts#totalConnection}. */
    TOTAL_CONNECT_TIMEOUT(Fault.BACKEND, Repeat.ELSEWHERE, Doubt.YES, 504),
    /** This process has no file descriptor left for a connection. */
    OUT_OF_DESCRIPTORS(Fault.OWN, Repeat.ELSEWHERE, Doubt.NO, 503),
    /** This machine has no address, or no free port, to connect from. */
    LOCAL_ADDRESS(Fault.OWN, Repeat.ELSEWHERE, Doubt.NO, 503),
    /** The TLS handshake failed. */
    TLS(Fault.BACKEND, Repeat.ANYWHERE, Doubt.YES, 502),
    /**
     * The peer ended the TLS handshake without giving a reason, under a server name that the
     * request chose and that may be the reason.
     */
    TLS_REQUEST_NAME(Fault.UNCLEAR, Repeat.ELSEWHERE, Doubt.NO, 502),
    /**
     * The request chose a server name that cannot be one, that the peer refuses, or that the peer
     * has no valid certificate for.
     */
    MISDIRECTED(Fault.CLIENT, Repeat.NEVER, Doubt.NO, 421),
    /** All connections are in use and {@link PoolLimits#maxPending} requests wait already. */
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
     * The peer takes no request now: its limit of HTTP/2 streams is 0, or it refused the stream.
     */
    REFUSED(Fault.UNCLEAR, Repeat.ANYWHERE, Doubt.NO, 503),
    /** The peer's response is not valid HTTP, or exceeds a limit. */
    PROTOCOL(Fault.BACKEND, Repeat.IF_SAFE, Doubt.NO, 502),
    /** The peer answered a request for another protocol well, without switching to that. */
    NOT_SWITCHED(Fault.UNCLEAR, Repeat.NEVER, Doubt.NO, 502),
    /** The request's header fields are larger than the peer's HTTP/2 settings allow. */
    HEADERS_TOO_LARGE(Fault.CLIENT, Repeat.NEVER, Doubt.NO, 431),
    /** The request breaks the rules of HTTP: its body is not as long as its head says. */
    INVALID_REQUEST(Fault.CLIENT, Repeat.NEVER, Doubt.NO, 400),
    /** The backend was removed or disabled, and the time for its requests ran out. */
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

    /** Whose fault it is. */
    public Fault fault() {
      return fault;
    }

    /** Where the request may be tried again. */
    public Repeat repeat() {
      return repeat;
    }

    /** Whether it counts for the backend's circuit and among the backend's failures. */
    public boolean isOfBackend() {
      return fault == Fault.BACKEND;
    }

    /** Whether the backend may be down, so that its health check looks at once. */
    public boolean isDoubt() {
      return doubt == Doubt.YES;
    }

    /** The status that a proxy answers when no other try follows (RFC 9110, 15). */
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

  /** Whether it counts against the backend, which a stale connection does not. */
  public boolean isFaultOfBackend() {
    return failure.isOfBackend() && !staleConnection;
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
