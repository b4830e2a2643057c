package io.upstream4j.core;

import static java.util.Objects.requireNonNull;

import io.upstream4j.api.spi.Candidates;
import io.upstream4j.api.spi.Pick;
import io.upstream4j.api.spi.RequestView;
import io.upstream4j.core.backends.BackendState;
import io.upstream4j.core.backends.Generation;
import io.upstream4j.core.backends.Generation.Slot;
import io.upstream4j.core.backends.PickSettings;
import io.upstream4j.core.backends.Picks;
import io.upstream4j.core.backends.RetryBudget;
import io.upstream4j.core.config.BreakerConfig;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.stats.CircuitState;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
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
 *   HttpPeer peer = exchange.newHttpPeer();
 *   while (true) {
 *     try {
 *       exchange.succeeded(send(peer));
 *       return;
 *     } catch (PeerException e) {
 *       RetryStep next = exchange.failed(e, Exchange.Body.REPEATABLE);
 *       switch (next.action()) {
 *         case SAME_PEER, SAME_PEER_FRESH -> {} // on another connection
 *         case NEXT_PEER -> {
 *           Thread.sleep(next.delay().toMillis());
 *           peer = exchange.newHttpPeer();
 *         }
 *         case GIVE_UP -> throw e;
 *       }
 *     }
 *   }
 * }
 * }</pre>
 */
public final class Exchange implements AutoCloseable {
  /** Whether a request can be sent again. */
  public enum Body {
    /** The caller still has all of it, and nothing of a response was passed on. */
    REPEATABLE,
    /** Some of its body is gone, or some of a response was passed on. */
    GONE
  }

  // The end of a try may be reported by the peer's thread while the client's closes the exchange:
  // the one that swaps the state out ends it. The same holds for what a retry took of the budget.
  private static final VarHandle TRYING;
  private static final VarHandle RETRYING;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      TRYING = lookup.findVarHandle(Exchange.class, "trying", BackendState.class);
      RETRYING = lookup.findVarHandle(Exchange.class, "retrying", RetryBudget.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Upstream upstream;
  private final RequestView request;
  private final boolean accepted;

  @SuppressWarnings("UnusedVariable") // through TRYING
  private volatile @Nullable BackendState trying;

  @SuppressWarnings("UnusedVariable") // through RETRYING
  private volatile @Nullable RetryBudget retrying;

  private volatile boolean closed;
  private @Nullable Tries tries; // since the first failure, as most requests have none
  private @Nullable PickSettings settings;
  private volatile boolean probing;
  private long startedNanos;
  private boolean responded;

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
   * before are avoided while another may take it; when none may, those that were sent nothing are
   * tried again.
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
    Generation generation = upstream.backends().current();
    Slot slot = null;
    while (slot == null) {
      try {
        slot = begin(generation);
      } catch (NoBackendException e) {
        generation = upstream.next(generation, e);
      }
    }
    settings = requireNonNull(generation.settings(), "settings"); // there was a slot
    if (tries != null) {
      tries.begin();
      upstream.countRetry();
    }
    responded = false;
    startedNanos = upstream.nanoTime();
    upstream.backends().inFlight().increment();
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
    Tries before = tries;
    if (before == null) {
      return upstream.pick(generation, request);
    }
    Slot slot = pickOther(generation, before.tried());
    if (slot == null) {
      slot = pickOther(generation, before.barred());
    }
    if (slot == null) {
      throw upstream.refused(generation, Pick.Nowhere.NO_ELIGIBLE_BACKEND);
    }
    return slot;
  }

  private @Nullable Slot pickOther(Generation generation, BackendState[] excluded) {
    Candidates preferred = upstream.picks().preferred(generation, request);
    Slot slot = pickOther(generation, preferred, excluded);
    return slot == null && preferred != generation
        ? pickOther(generation, generation, excluded)
        : slot;
  }

  private @Nullable Slot pickOther(
      Generation generation, Candidates candidates, BackendState[] excluded) {
    Candidates others = new OtherCandidates(generation, candidates, excluded);
    Slot slot = Picks.resolve(generation, upstream.picks().pick(generation, request, others));
    // A strategy that makes backends of requests looks at no candidates.
    return slot == null || Tries.contains(excluded, slot.state()) ? null : slot;
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
   * @throws IllegalStateException when no try is in progress and the exchange is not closed
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
    BreakerConfig breaker = breaker();
    if (breaker != null) {
      if (breaker.isFailure(status)) {
        countFailure(state, breaker, wasProbe, now);
      } else if (state.circuit().succeeded(breaker, wasProbe, now)) {
        upstream.closeCircuit(state);
      }
    }
  }

  private @Nullable BreakerConfig breaker() {
    PickSettings current = settings;
    return current == null ? null : current.breaker();
  }

  private void countFailure(BackendState state, BreakerConfig config, boolean wasProbe, long now) {
    if (state.circuit().failed(config, wasProbe, now)) {
      upstream.openCircuit(state);
    }
  }

  /**
   * The try failed. Returns what to do next; what the failure counts as, and where it may be tried
   * again, is said by its {@link PeerException.Failure}.
   *
   * <ul>
   *   <li>A pooled connection turned out to be closed: the same try goes on at the same peer, which
   *       counts as no failure. Once on a fresh connection, when the peer cannot have seen the
   *       request or its method is idempotent (RFC 9110, 9.2.2); up to 100 times on any when
   *       {@linkplain PeerException#isUnprocessed the peer ended the connection before it came to
   *       the request}.
   *   <li>Otherwise the try is over. Another may follow while the upstream's {@code retries} are
   *       left, at another backend, or at the same one if nothing was sent to it. One that may have
   *       been processed takes from the upstream's budget.
   * </ul>
   *
   * @param body whether the request can be sent again
   * @throws IllegalStateException when no try is in progress and the exchange is not closed
   */
  public RetryStep failed(PeerException cause, Body body) {
    Tries all = tries;
    if (all == null) {
      tries = all = new Tries();
    }
    if (body == Body.REPEATABLE && trying != null && !closed) {
      RetryStep same = all.reconnect(cause, request.method());
      if (same != null) {
        return same;
      }
    }
    boolean wasProbe = probing;
    BackendState state = end("failed");
    if (state == null) {
      return RetryStep.GIVE_UP;
    }
    count(state, cause, wasProbe);
    all.failed(state, cause);
    return closed || body == Body.GONE ? RetryStep.GIVE_UP : next(all, cause);
  }

  private void count(BackendState state, PeerException cause, boolean wasProbe) {
    long now = upstream.nanoTime();
    upstream.traffic().failed(cause.failure());
    upstream.traffic().ended(now - startedNanos);
    if (!cause.isFaultOfBackend()) {
      upstream.rejected(state, cause, now);
      return;
    }
    state.fail();
    BreakerConfig breaker = breaker();
    if (breaker != null) {
      countFailure(state, breaker, wasProbe, now);
    }
    if (cause.failure().isDoubt()) {
      tellHealth(state, cause, now);
    }
    upstream.failed(state, cause, now);
  }

  /**
   * The health check looks at the backend, and takes it for a failed check when the request did not
   * reach it. A time-out is taken so if nobody else had a response meanwhile: otherwise it says
   * more of what was asked for.
   */
  private void tellHealth(BackendState state, PeerException cause, long now) {
    boolean unreached =
        switch (cause.failure()) {
          case CLOSED -> false;
          case READ_TIMEOUT, WRITE_TIMEOUT -> !state.hasRespondedWithin(now - startedNanos, now);
          default -> true;
        };
    upstream.doubt(state, unreached ? cause.detail() : null);
  }

  private RetryStep next(Tries all, PeerException cause) {
    PickSettings current = settings;
    if (current == null || !all.mayRepeat(cause, request.method(), current.maxRetries())) {
      return RetryStep.GIVE_UP;
    }
    RetryStep step = all.next(upstream.backends().current(), upstream.random());
    if (step.isRetry() && cause.failure().repeat() == PeerException.Repeat.IF_SAFE) {
      return take(current.budget()) ? step : RetryStep.GIVE_UP;
    }
    return step;
  }

  private boolean take(RetryBudget budget) {
    long now = upstream.nanoTime();
    switch (budget.take(now)) {
      case SHARE -> {
        retrying = budget;
        if (closed) { // meanwhile, by another thread, which may have seen none
          giveBack();
        }
      }
      case SAVED -> {}
      case NONE -> {
        upstream.budgetExhausted(now);
        return false;
      }
    }
    return true;
  }

  private void giveBack() {
    RetryBudget budget = (RetryBudget) RETRYING.getAndSet(this, null);
    if (budget != null) {
      budget.giveBack();
    }
  }

  /**
   * Ends the exchange; a try that neither succeeded nor failed was abandoned by the client, and
   * counts as neither. May be called again, without effect.
   */
  @Override
  public void close() {
    closed = true;
    end();
    giveBack();
  }

  private @Nullable BackendState end(String how) {
    BackendState state = end();
    if (state == null && !closed) {
      throw new IllegalStateException(how + " without a try in progress");
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
      upstream.backends().inFlight().decrement();
      giveBack();
    }
    return state;
  }
}
