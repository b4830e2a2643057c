package io.upstream4j.core;

import static java.util.Objects.requireNonNull;

import io.upstream4j.api.spi.BackendSnapshot;
import io.upstream4j.api.spi.Candidates;
import io.upstream4j.api.spi.Pick;
import io.upstream4j.api.spi.RequestView;
import io.upstream4j.core.Generation.Slot;
import io.upstream4j.core.config.BreakerConfig;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One request over its tries: picks a peer for each, and reports how it went.
 *
 * <p>For one caller, whose calls follow one another; they may come from different threads. Whatever
 * happens, a try is in flight until exactly one of {@link #succeeded}, {@link #failed} and {@link
 * #close} ends it. After {@code close} reports have no effect.
 *
 * <pre>{@code
 * try (Exchange exchange = upstream.begin(request)) {
 *   while (true) {
 *     HttpPeer peer = exchange.newHttpPeer();
 *     try {
 *       exchange.succeeded(send(peer));
 *       return;
 *     } catch (PeerException e) {
 *       exchange.failed(e);
 *       if (!exchange.mayRetry(e)) {
 *         throw e;
 *       }
 *     }
 *   }
 * }
 * }</pre>
 */
public final class Exchange implements AutoCloseable {
  // The end of a try may be reported by the peer's thread while the client's closes the exchange:
  // whoever swaps the state out ends it.
  private static final VarHandle TRYING;

  static {
    try {
      TRYING = MethodHandles.lookup().findVarHandle(Exchange.class, "trying", BackendState.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private static final BackendState[] NONE = {};

  /**
   * How often one try may be moved from a connection that ends in good order. Each such connection
   * has served another request, so moves lead somewhere; but not for ever.
   */
  private static final int MAX_MOVES = 100;

  private final Upstream upstream;
  private final RequestView request;
  private final boolean accepted;

  @SuppressWarnings("UnusedVariable") // through TRYING
  private volatile @Nullable BackendState trying;

  private volatile boolean closed;
  private BackendState[] failed = NONE;
  private int tries;
  private int maxRetries;
  private @Nullable RetryBudget budget;
  private @Nullable BreakerConfig breaker;
  private volatile boolean probing;
  private long startedNanos;
  private boolean responded;
  private boolean reconnected;
  private int moves;

  /**
   * @param accepted false when the upstreams were closed before, so that each pick fails
   */
  Exchange(Upstream upstream, RequestView request, boolean accepted) {
    this.upstream = upstream;
    this.request = request;
    this.accepted = accepted;
  }

  /**
   * Picks the peer for the next try and counts it as in flight. Backends that failed this request
   * before are avoided while another may take it; when none may, they are tried again.
   *
   * @throws NoBackendException when no backend may take the request now
   * @throws IllegalStateException while the try before has not ended, or after {@link #close}
   */
  public HttpPeer newHttpPeer() {
    if (closed) {
      throw new IllegalStateException("the exchange is closed");
    }
    if (!accepted) {
      throw closed();
    }
    if (trying != null) {
      throw new IllegalStateException("the try before has neither succeeded nor failed");
    }
    Generation generation = upstream.pool().current();
    Slot slot = null;
    while (slot == null) {
      try {
        slot = begin(generation);
      } catch (NoBackendException e) {
        generation = upstream.next(generation, e);
      }
    }
    Settings settings = requireNonNull(generation.settings(), "settings"); // there was a slot
    maxRetries = settings.maxRetries();
    budget = settings.budget();
    breaker = settings.breaker();
    if (tries++ > 0) {
      upstream.countRetry();
    }
    responded = false;
    reconnected = false;
    moves = 0;
    startedNanos = upstream.nanoTime();
    upstream.pool().inFlight().increment();
    trying = slot.state();
    if (closed) { // meanwhile, by another thread, which may have seen no try
      end();
    }
    return slot.peer(request);
  }

  /** Why there is no peer once the upstreams were closed. */
  NoBackendException closed() {
    return upstream.closed();
  }

  /** Other requests may take the room between a pick and its begin: then another is picked. */
  private Slot begin(Generation generation) {
    for (int misses = 0; misses <= generation.size(); misses++) {
      Slot slot = pick(generation);
      if (begin(slot.state(), generation)) {
        return slot;
      }
    }
    throw upstream.refused(generation, Pick.Nowhere.NO_ELIGIBLE_BACKEND);
  }

  private boolean begin(BackendState state, Generation generation) {
    boolean isProbe =
        !generation.isHealthIgnored() && state.circuit().state() == CircuitState.HALF_OPEN;
    if (isProbe && !state.circuit().beginProbe()) {
      return false;
    }
    if (!state.beginBelow(generation.limit())) {
      if (isProbe) {
        state.circuit().endProbe();
      }
      return false;
    }
    probing = isProbe;
    return true;
  }

  private Slot pick(Generation generation) {
    if (failed.length > 0) {
      Candidates preferred = upstream.picks().preferred(generation, request);
      Slot slot = pickUntried(generation, preferred);
      if (slot == null && preferred != generation) {
        slot = pickUntried(generation, generation);
      }
      if (slot != null) {
        return slot;
      }
    }
    return upstream.pick(generation, request);
  }

  private @Nullable Slot pickUntried(Generation generation, Candidates candidates) {
    Candidates untried = new Untried(generation, candidates, failed);
    return Picks.resolve(generation, upstream.picks().pick(generation, request, untried));
  }

  /**
   * The head of the try's response is here. To be called before {@link #succeeded} when there is a
   * while between: it is the head's arrival that counts as the backend's latency.
   *
   * @param status of a final response, 200 to 999
   */
  public void responded(int status) {
    if (!responded) {
      respond(upstream.nanoTime());
    }
  }

  private void respond(long now) {
    BackendState state = trying;
    if (state != null && !responded) {
      responded = true;
      state.sample(now - startedNanos, now);
      upstream.traffic().responded(now - startedNanos);
    }
  }

  /**
   * The try's response is complete.
   *
   * @param status of the response, 200 to 999
   * @throws IllegalStateException when no try is under way and the exchange is not closed
   */
  public void succeeded(int status) {
    long now = upstream.nanoTime();
    respond(now);
    boolean wasProbe = probing;
    BackendState state = end("succeeded");
    if (state == null) {
      return;
    }
    upstream.traffic().ended(now - startedNanos);
    if (breaker != null) {
      if (breaker.isFailure(status)) {
        countFailure(state, breaker, wasProbe, now);
      } else if (state.circuit().succeeded(breaker, wasProbe, now)) {
        upstream.closeCircuit(state);
      }
    }
  }

  private void countFailure(BackendState state, BreakerConfig config, boolean wasProbe, long now) {
    if (state.circuit().failed(config, wasProbe, now)) {
      upstream.openCircuit(state);
    }
  }

  /**
   * The try broke off. A {@linkplain PeerException#isStaleConnection stale connection} counts as no
   * failure of the backend, and does not keep the next try from it. Nor does it count for the
   * backend that {@linkplain PeerException#isOwnLack this process lacks something}.
   *
   * @throws IllegalStateException when no try is under way and the exchange is not closed
   */
  public void failed(PeerException cause) {
    boolean wasProbe = probing;
    BackendState state = end("failed");
    if (state != null && !cause.isStaleConnection()) {
      upstream.traffic().failed(cause.failure());
      long now = upstream.nanoTime();
      upstream.traffic().ended(now - startedNanos);
      if (!cause.isOwnLack()) {
        state.fail();
        if (breaker != null) {
          countFailure(state, breaker, wasProbe, now);
        }
        if (isUnreachable(cause.failure())) {
          upstream.doubt(state);
        }
      }
      upstream.failed(state, cause, now);
      failed = Arrays.copyOf(failed, failed.length + 1);
      failed[failed.length - 1] = state;
    }
  }

  /**
   * Whether the same try may go on at the same peer on another connection: once for each try on a
   * fresh one, when a pooled connection turned out to be closed and the peer cannot have seen the
   * request or its method is idempotent; and up to 100 times on any when {@linkplain
   * PeerException#isUnprocessed the peer ended the connection before it came to the request}. The
   * try stays under way, and takes nothing from the budget. The caller knows whether it still has
   * the body.
   *
   * @see io.upstream4j.core.connect.Connector#openFresh
   */
  public boolean mayReconnect(PeerException cause) {
    if (closed || trying == null) {
      return false;
    }
    if (cause.isUnprocessed()) {
      return moves++ < MAX_MOVES;
    }
    if (reconnected) {
      return false;
    }
    reconnected = cause.isStaleConnection() && isRepeatable(cause);
    return reconnected;
  }

  /**
   * Whether the request may be tried again after this failure: the peer cannot have seen it or its
   * method is idempotent (RFC 9110, 9.2.2), tries are left, and the upstream's budget allows it,
   * from which a yes takes its share. A try that could not connect takes none, nor does one whose
   * stream was refused: what nobody works on multiplies no load. The caller knows whether it still
   * has the body.
   */
  public boolean mayRetry(PeerException cause) {
    return !closed
        && budget != null
        && tries <= maxRetries
        && cause.failure() != PeerException.Failure.SHUTDOWN
        && cause.failure() != PeerException.Failure.FORBIDDEN_ADDRESS
        && isRepeatable(cause)
        && (isUnconnected(cause.failure())
            || cause.failure() == PeerException.Failure.REFUSED
            || budget.take(upstream.nanoTime()));
  }

  private static boolean isUnconnected(PeerException.Failure failure) {
    return switch (failure) {
      case RESOLVE, CONNECT, CONNECT_TIMEOUT, TOTAL_CONNECT_TIMEOUT, TLS -> true;
      default -> false;
    };
  }

  private static boolean isUnreachable(PeerException.Failure failure) {
    return isUnconnected(failure) || failure == PeerException.Failure.CLOSED;
  }

  private boolean isRepeatable(PeerException cause) {
    return cause.isSafeToRetry()
        || switch (request.method()) {
          case "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE" -> true;
          default -> false;
        };
  }

  /**
   * Ends the exchange; a try that neither succeeded nor failed was abandoned by the client, and
   * counts as neither. May be called again, without effect.
   */
  @Override
  public void close() {
    closed = true;
    end();
  }

  private @Nullable BackendState end(String how) {
    BackendState state = end();
    if (state == null && !closed) {
      throw new IllegalStateException(how + " without a try under way");
    }
    return state;
  }

  private @Nullable BackendState end() {
    BackendState state = (BackendState) TRYING.getAndSet(this, null);
    if (state != null) {
      if (probing) {
        probing = false;
        state.circuit().endProbe();
      }
      state.end();
      upstream.pool().inFlight().decrement();
    }
    return state;
  }

  /** Candidates without the backends that failed this request. */
  @SuppressWarnings("ArrayRecordComponent") // never compared, and made for each retry
  private record Untried(Generation generation, Candidates candidates, BackendState[] failed)
      implements Candidates {
    @Override
    public boolean accepts(int slot) {
      BackendState state = generation.state(slot);
      for (BackendState tried : failed) {
        if (tried == state) {
          return false;
        }
      }
      return candidates.accepts(slot);
    }

    @Override
    public int inFlight(int slot) {
      return candidates.inFlight(slot);
    }

    @Override
    public long inFlightTotal(int slots) {
      return candidates.inFlightTotal(slots);
    }

    @Override
    public long weightTotal(BackendSnapshot snapshot) {
      return candidates.weightTotal(snapshot);
    }

    @Override
    public long latencyNanos(int slot) {
      return candidates.latencyNanos(slot);
    }
  }
}
