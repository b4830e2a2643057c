package io.upstream4j.core;

import static java.util.Objects.requireNonNull;

import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Candidates;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.api.spi.Explanation;
import io.upstream4j.api.spi.Pick;
import io.upstream4j.api.spi.RequestView;
import io.upstream4j.core.backends.BackendState;
import io.upstream4j.core.backends.Backends;
import io.upstream4j.core.backends.Generation;
import io.upstream4j.core.backends.Generation.Slot;
import io.upstream4j.core.backends.Picks;
import io.upstream4j.core.backends.Traffic;
import io.upstream4j.core.event.UpstreamEvent.RequestsRejected;
import io.upstream4j.core.event.UpstreamEvent.RetryBudgetExhausted;
import io.upstream4j.core.http.UpstreamRequest;
import io.upstream4j.core.http.UpstreamResponse;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.runtime.EventThrottle;
import io.upstream4j.core.runtime.OffLoopFuture;
import io.upstream4j.core.runtime.SharedServices;
import io.upstream4j.core.stats.AdminState;
import io.upstream4j.core.stats.BackendStats;
import io.upstream4j.core.stats.Refusal;
import io.upstream4j.core.stats.UpstreamStats;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A named set of backends: picks one for each request.
 *
 * <p>Safe for use by any thread; nothing here blocks. There is one object for each name, for as
 * long as the {@link Upstreams} it came from: it may be kept over reloads. When a reload removes
 * the upstream, its picks fail with {@link NoBackendException} until another brings it back.
 */
public final class Upstream {
  private final String name;
  private final SharedServices shared;
  private final Backends backends;
  private final Picks picks;
  private final LongAdder requests = new LongAdder();
  private final LongAdder retries = new LongAdder();
  private final Traffic traffic = new Traffic();
  private final EventThrottle rejections = new EventThrottle();
  private final EventThrottle exhaustions = new EventThrottle();
  private volatile @Nullable UpstreamRuntime runtime;

  Upstream(String name, SharedServices shared) {
    this.name = name;
    this.shared = shared;
    this.backends = new Backends(name, shared);
    this.picks = new Picks(shared);
  }

  /** The name in the configuration. */
  public String name() {
    return name;
  }

  /**
   * Begins a request, which may take several tries.
   *
   * @param request must stay readable until the exchange is closed
   */
  public Exchange begin(RequestView request) {
    requests.increment();
    return new Exchange(this, requireNonNull(request, "request"), !shared.sendings().isClosed());
  }

  /**
   * Picks a peer for a request of one try, whose outcome nobody reports.
   *
   * @param request read during the call only
   * @throws NoBackendException when no backend may take the request now
   */
  public HttpPeer newHttpPeer(RequestView request) {
    requests.increment();
    requireNonNull(request, "request");
    if (shared.sendings().isClosed()) {
      throw closed();
    }
    Generation generation = backends.current();
    while (true) {
      try {
        return pick(generation, request).peer(request);
      } catch (NoBackendException e) {
        generation = next(generation, e);
      }
    }
  }

  /**
   * Picks a peer for a request of which nothing is known.
   *
   * @throws NoBackendException when no backend may take the request now
   */
  public HttpPeer newHttpPeer() {
    return newHttpPeer(EmptyRequest.INSTANCE);
  }

  /**
   * Sends a request whole and waits for its whole response: picks a backend, takes a pooled
   * connection, and tries again where that is safe and the upstream's {@code retries} allow it. As
   * nothing of a response is handed on before all of it is here, one that breaks off in the middle
   * is no hindrance.
   *
   * <p>Returns at once, and holds no thread while it waits. Steps that follow from the future run
   * on an event loop and must not block: give them an executor (the {@code Async} ways) where they
   * might. Waiting there for another such future ({@code join}, {@code get}) throws {@link
   * IllegalStateException}: {@code thenCompose} follows without waiting. A caller that completes
   * the future first, such as by {@code cancel} or {@code orTimeout}, gives the request up.
   *
   * @return any response, whatever its status. Fails with {@link NoBackendException}, {@link
   *     io.upstream4j.core.peer.PeerException} or {@link
   *     io.upstream4j.core.http.ResponseTooLargeException}
   */
  public CompletableFuture<UpstreamResponse> send(UpstreamRequest request) {
    return new RetryingSend(begin(request), shared, request).begin();
  }

  /**
   * Tells a person what of a request decides where it goes, as far as the strategy does; picks
   * nothing.
   *
   * @param request read during the call only
   * @param limit how many candidates to name at most
   * @return empty when the strategy explains nothing, as one that does not look at the request
   */
  public Optional<Explanation> explain(RequestView request, int limit) {
    if (limit < 0) {
      throw new IllegalArgumentException("limit: " + limit + " (expected: from 0)");
    }
    return picks.explain(backends.current(), requireNonNull(request, "request"), limit);
  }

  /** Picks among the candidates that a generation prefers, and when there is none among all. */
  Slot pick(Generation generation, RequestView request) {
    Candidates preferred = picks.preferred(generation, request);
    Pick pick = picks.pick(generation, request, preferred);
    Slot slot = Picks.resolve(generation, pick);
    if (slot == null && preferred != generation) {
      pick = picks.pick(generation, request, generation);
      slot = Picks.resolve(generation, pick);
    }
    if (slot == null) {
      throw refused(generation, pick);
    }
    return slot;
  }

  /**
   * What to pick from after a pick that found nobody: one backend may have come and another gone
   * while it looked, so that it saw neither.
   *
   * @param cause thrown when nothing has changed: then there was nobody
   */
  Generation next(Generation generation, NoBackendException cause) {
    Generation now = backends.current();
    if (now == generation) {
      traffic.refused(cause.refusal());
      throw cause;
    }
    return now;
  }

  /** No backend may take a request. */
  NoBackendException refused(Generation generation, Pick pick) {
    String reason = pick instanceof Pick.Nowhere nowhere ? nowhere.reason() : "no backends yet";
    Refusal refusal = refusal(generation, pick);
    return new NoBackendException(
        name,
        refusal,
        switch (refusal) {
          case OUT_OF_SERVICE -> "every backend is drained or disabled";
          case FULL ->
              "every backend has the " + generation.limit() + " requests in flight it may have";
          default -> reason;
        });
  }

  private static Refusal refusal(Generation generation, Pick pick) {
    if (generation.size() > 0 && generation.inService() == 0) {
      return Refusal.OUT_OF_SERVICE;
    }
    if (pick.equals(Pick.Nowhere.NO_ELIGIBLE_BACKEND) && generation.size() > 0) {
      boolean isFull = generation.limit() != Generation.UNLIMITED && generation.eligible() > 0;
      return isFull ? Refusal.FULL : Refusal.NOT_ELIGIBLE;
    }
    boolean isStrategys =
        generation.settings() != null
            && pick instanceof Pick.Nowhere
            && !pick.equals(Pick.Nowhere.NO_BACKENDS)
            && !pick.equals(Pick.Nowhere.NO_ELIGIBLE_BACKEND);
    return isStrategys ? Refusal.STRATEGY : Refusal.NO_BACKENDS;
  }

  /**
   * A request failed at a backend: its health check is to look at once.
   *
   * @param unreached why it did not reach it, which counts as a failed check; null when it did
   */
  void doubt(BackendState state, @Nullable String unreached) {
    if (state.health().healthy() && state.doubt()) {
      shared
          .loop()
          .execute(
              () -> {
                state.settle();
                UpstreamRuntime current = runtime;
                if (current != null) {
                  current.doubt(state.endpoint(), unreached);
                }
              });
    }
  }

  /** A try failed that is not the backend's fault; listeners hear of it unless they just did. */
  void rejected(BackendState state, PeerException cause, long now) {
    if (rejections.count(now)) {
      shared
          .loop()
          .execute(
              () ->
                  shared
                      .events()
                      .publish(
                          new RequestsRejected(
                              name, state.endpoint(), rejections.announce(), cause.detail())));
    }
  }

  /** The budget did not allow a retry; listeners hear of it unless they just did. */
  void budgetExhausted(long now) {
    if (exhaustions.count(now)) {
      shared
          .loop()
          .execute(
              () ->
                  shared.events().publish(new RetryBudgetExhausted(name, exhaustions.announce())));
    }
  }

  /** A try of a request failed; listeners hear of it unless they just did. */
  void failed(BackendState state, PeerException cause, long now) {
    if (state.isFailureNews(now)) {
      shared.loop().execute(() -> backends.failed(state, cause.detail(), now));
    }
  }

  /** Requests of a backend fail too often. */
  void openCircuit(BackendState state) {
    shared.loop().execute(() -> backends.openCircuit(state));
  }

  /** Requests of a backend, which are let pass one at a time, go well again. */
  void closeCircuit(BackendState state) {
    shared.loop().execute(() -> backends.closeCircuit(state));
  }

  /**
   * Lets a backend have requests again, as far as it is healthy. It starts slowly where its
   * upstream is configured so.
   *
   * <p>This and the other methods on one backend return at once. Their future is done when every
   * pick that begins from then on heeds the change; it fails with {@link UnknownBackendException}
   * when the upstream has no such backend. What depends on it runs on the thread that changes
   * upstreams, and must not block. What holds from then on, and for how long: see {@link
   * AdminState}.
   *
   * @param endpoint as in {@link BackendStats#backend}
   */
  public CompletableFuture<Void> enable(Endpoint endpoint) {
    return administer(endpoint, AdminState.ENABLED);
  }

  /**
   * Gives a backend no new requests; those under way finish, and its connections stay. See {@link
   * #enable} for the future.
   */
  public CompletableFuture<Void> drain(Endpoint endpoint) {
    return administer(endpoint, AdminState.DRAINING);
  }

  /**
   * Gives a backend no new requests and closes its idle connections; requests under way may take as
   * long as the upstream's {@code grace}. See {@link #enable} for the future.
   */
  public CompletableFuture<Void> disable(Endpoint endpoint) {
    return administer(endpoint, AdminState.DISABLED);
  }

  /**
   * Gives a backend another weight than its discovery names, until {@link #resetWeight}: over
   * answers of the discovery and reloads as well. See {@link #enable} for the future.
   *
   * @param weight 0 to {@value Backend#MAX_WEIGHT}; 0 means that it gets no new requests while
   *     another backend may
   */
  public CompletableFuture<Void> weight(Endpoint endpoint, int weight) {
    if (weight < 0 || weight > Backend.MAX_WEIGHT) {
      throw new IllegalArgumentException(
          "weight: " + weight + " (expected: 0 to " + Backend.MAX_WEIGHT + ")");
    }
    return change(endpoint, slot -> weigh(slot, OptionalInt.of(weight)));
  }

  /**
   * Gives a backend the weight back that its discovery names. See {@link #enable} for the future.
   */
  public CompletableFuture<Void> resetWeight(Endpoint endpoint) {
    return change(endpoint, slot -> weigh(slot, OptionalInt.empty()));
  }

  private CompletableFuture<Void> administer(Endpoint endpoint, AdminState wanted) {
    return change(endpoint, slot -> backends.administer(slot, wanted));
  }

  private void weigh(Slot slot, OptionalInt weight) {
    UpstreamRuntime current = runtime;
    if (backends.weigh(slot.state(), weight) && current != null) {
      current.reweigh();
    }
  }

  private CompletableFuture<Void> change(Endpoint endpoint, Consumer<Slot> step) {
    requireNonNull(endpoint, "endpoint");
    CompletableFuture<Void> done = new OffLoopFuture<>();
    shared
        .loop()
        .execute(
            () -> {
              Slot slot = backends.current().find(endpoint);
              if (slot == null) {
                done.completeExceptionally(unknown(endpoint));
              } else {
                step.accept(slot);
                done.complete(null);
              }
            });
    // Steps given after the end are dropped. Those given while this was at work are not.
    if (runtime == null) {
      done.completeExceptionally(unknown(endpoint));
    }
    return done;
  }

  /** Why there is no backend once the upstreams were closed. */
  NoBackendException closed() {
    return new NoBackendException(name, Refusal.NO_BACKENDS, "closed");
  }

  private UnknownBackendException unknown(Endpoint endpoint) {
    return new UnknownBackendException(name, endpoint, backends.current());
  }

  /** Asks the discovery again now. Returns at once; the answer comes later. */
  public void refresh() {
    shared
        .loop()
        .execute(
            () -> {
              UpstreamRuntime current = runtime;
              if (current != null) {
                current.refresh();
              }
            });
  }

  /** The state of the upstream and its backends. */
  public UpstreamStats stats() {
    return live().snapshot();
  }

  /** The same to look at piece by piece, for exporters. */
  public LiveUpstream live() {
    return new LiveUpstream(this, backends.current(), runtime, shared.connections());
  }

  Backends backends() {
    return backends;
  }

  Traffic traffic() {
    return traffic;
  }

  Picks picks() {
    return picks;
  }

  long requests() {
    return requests.sum();
  }

  long retries() {
    return retries.sum();
  }

  long retriesExhausted() {
    return exhaustions.sum();
  }

  double random() {
    return shared.random().getAsDouble();
  }

  /** Whether what works for it had its first answer and its first checks. */
  boolean isReady() {
    UpstreamRuntime current = runtime;
    return current != null && current.isReady();
  }

  long nanoTime() {
    return shared.loop().nanoTime();
  }

  void countRetry() {
    retries.increment();
  }

  /** What works for the upstream now; null when the configuration has no such upstream. */
  @Nullable UpstreamRuntime runtime() {
    return runtime;
  }

  /** Control loop only. */
  void runtime(@Nullable UpstreamRuntime now) {
    runtime = now;
  }

  /** {@code upstream "name"}. */
  @Override
  public String toString() {
    return "upstream \"" + name + "\"";
  }
}
