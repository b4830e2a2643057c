package io.upstream4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.api.spi.Pick;
import io.upstream4j.api.spi.ProbeClient;
import io.upstream4j.core.backends.BackendState;
import io.upstream4j.core.backends.Backends;
import io.upstream4j.core.backends.Generation;
import io.upstream4j.core.backends.Generation.Slot;
import io.upstream4j.core.backends.Picks;
import io.upstream4j.core.config.Config;
import io.upstream4j.core.config.UpstreamConfig;
import io.upstream4j.core.connect.HttpStream;
import io.upstream4j.core.event.UpstreamEvent;
import io.upstream4j.core.event.UpstreamEvent.PluginFailed;
import io.upstream4j.core.peer.ConnectionStats;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.peer.PeerOptions;
import io.upstream4j.core.runtime.BackendQuota;
import io.upstream4j.core.runtime.Connections;
import io.upstream4j.core.runtime.ControlLoop;
import io.upstream4j.core.runtime.EventBus;
import io.upstream4j.core.runtime.OpenSends;
import io.upstream4j.core.runtime.PeerUse;
import io.upstream4j.core.runtime.PluginThreads;
import io.upstream4j.core.runtime.SharedServices;
import io.upstream4j.testkit.FakeProbeClient;
import io.upstream4j.testkit.FakeRequest;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Many threads pick while one changes the set, the weights, the health and the configuration. */
class PickStressTest {
  private static final FakeRequest GET = FakeRequest.get("/");
  private static final int CHANGES = 3_000;
  private static final int THREADS = 6;

  private final ControlLoop loop = new ControlLoop();
  private final List<UpstreamEvent> events = Collections.synchronizedList(new ArrayList<>());
  private final FakeDiscovery discovery = new FakeDiscovery();
  private final RotatingBalancer balancer = new RotatingBalancer();
  private final Set<BackendState> seen = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean done = new AtomicBoolean();
  private UpstreamSet set;

  private static final class NoConnections implements Connections {
    @Override
    public io.netty.util.concurrent.Future<HttpStream> open(HttpPeer peer) {
      throw new UnsupportedOperationException("open");
    }

    @Override
    public io.netty.util.concurrent.Future<HttpStream> openFresh(HttpPeer peer) {
      throw new UnsupportedOperationException("openFresh");
    }

    @Override
    public List<String> ignored(PeerOptions options) {
      return List.of();
    }

    @Override
    public ConnectionStats stats(HttpPeer peer) {
      return ConnectionStats.NONE;
    }

    @Override
    public void retire(HttpPeer peer, Duration grace) {}

    @Override
    public void warm(HttpPeer peer) {}

    @Override
    public void cool(HttpPeer peer) {}

    @Override
    public ProbeClient probes(UpstreamConfig config) {
      return new FakeProbeClient();
    }
  }

  @AfterEach
  void end() {
    loop.close();
  }

  private SharedServices shared(Random random) {
    return new SharedServices(
        loop,
        Runnable::run,
        new PluginThreads(),
        new EventBus(List.of(events::add), Runnable::run),
        new NoConnections(),
        new PeerUse(loop, (peer, grace) -> {}),
        new BackendQuota(),
        new OpenSends(),
        InstantSource.system(),
        random::nextDouble);
  }

  @Test
  void picksStayWithinTheirGenerationAndNothingStaysInFlight() throws Exception {
    long seed = System.nanoTime();
    System.out.println("picksStayWithinTheirGenerationAndNothingStaysInFlight: seed " + seed);
    set = new UpstreamSet(shared(new Random(seed)), () -> {});
    apply(1);
    Upstream upstream = set.current().upstreams().get("api");
    ExecutorService pickers = Executors.newFixedThreadPool(THREADS);
    try {
      List<Future<Long>> picking = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        Random random = new Random(seed + i);
        picking.add(pickers.submit(() -> pickUntilDone(upstream, random)));
      }
      change(upstream, new Random(seed - 1));
      done.set(true);
      long picks = 0;
      for (Future<Long> thread : picking) {
        picks += thread.get(60, TimeUnit.SECONDS);
      }
      assertThat(picks).isPositive();
    } finally {
      done.set(true);
      pickers.shutdownNow();
    }
    assertThat(seen).isNotEmpty().allSatisfy(state -> assertThat(state.inFlight()).isZero());
    assertThat(events).noneMatch(PluginFailed.class::isInstance);
  }

  /**
   * Two backends take turns: the other one is enabled before one is drained or disabled, so at each
   * moment one may be picked.
   */
  @Test
  void whileOneBackendIsEnabledEveryPickFindsOne() throws Exception {
    set = new UpstreamSet(shared(new Random(1)), () -> {});
    apply(1);
    discovery.finds(List.of(Backend.of("10.0.0.1", 80), Backend.of("10.0.0.2", 80)));
    Upstream upstream = set.current().upstreams().get("api");
    List<Endpoint> endpoints = List.of(new Endpoint("10.0.0.1", 80), new Endpoint("10.0.0.2", 80));
    upstream.drain(endpoints.get(0)).get(10, TimeUnit.SECONDS);
    ExecutorService pickers = Executors.newFixedThreadPool(THREADS);
    try {
      List<Future<Long>> picking = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        picking.add(pickers.submit(() -> countPicks(upstream)));
      }
      for (int i = 0; i < 2 * CHANGES; i++) {
        Endpoint rests = endpoints.get(i % 2);
        Endpoint works = endpoints.get(1 - i % 2);
        upstream.enable(rests).get(10, TimeUnit.SECONDS);
        (i % 3 == 0 ? upstream.disable(works) : upstream.drain(works)).get(10, TimeUnit.SECONDS);
        if (i % 50 == 0) {
          upstream.weight(works, i % 7).get(10, TimeUnit.SECONDS);
        }
        // Of this thread's own picks none goes where its change has taken effect.
        assertThat(upstream.newHttpPeer(GET).backend().endpoint()).isEqualTo(rests);
      }
      done.set(true);
      for (Future<Long> thread : picking) {
        assertThat(thread.get(60, TimeUnit.SECONDS)).isPositive();
      }
    } finally {
      done.set(true);
      pickers.shutdownNow();
    }
    assertThat(upstream.stats().refused()).isZero();
  }

  private long countPicks(Upstream upstream) {
    long picks = 0;
    while (!done.get() || picks == 0) {
      upstream.newHttpPeer(GET);
      try (Exchange exchange = upstream.begin(GET)) {
        exchange.newHttpPeer();
        exchange.succeeded(200);
      }
      picks++;
    }
    return picks;
  }

  private void apply(int version) {
    UpstreamConfig config = Setup.of("api", discovery, balancer).withVersion(version).config();
    UpstreamSet.Plan plan =
        set.plan(new Config(Map.of("api", config), List.of()), new CompletableFuture<>());
    loop.await(() -> set.apply(plan, List.of()));
  }

  private void change(Upstream upstream, Random random) {
    for (int i = 0; i < CHANGES; i++) {
      List<Backend> backends = new ArrayList<>();
      for (int host = 1; host <= 20; host++) {
        if (random.nextInt(3) > 0) {
          backends.add(Backend.of("10.0.0." + host, 80, random.nextInt(5)));
        }
      }
      discovery.finds(backends);
      loop.await(
          () -> {
            Backends pool = upstream.backends();
            for (int slot = 0; slot < pool.current().size(); slot++) {
              pool.report(pool.current().state(slot), random.nextInt(4) > 0, "random");
            }
          });
      if (i % 100 == 0) {
        apply(2 + i);
      }
    }
  }

  private long pickUntilDone(Upstream upstream, Random random) {
    long picks = 0;
    while (!done.get()) {
      pickFromOneGeneration(upstream);
      exchange(upstream, random);
      picks++;
    }
    return picks;
  }

  private static void pickFromOneGeneration(Upstream upstream) {
    Generation generation = upstream.backends().current();
    Pick pick = upstream.picks().pick(generation, GET, generation);
    Slot slot = Picks.resolve(generation, pick);
    if (slot != null) {
      assertThat(generation.snapshot().backends()).contains(slot.backend());
      assertThat(slot.state().endpoint()).isEqualTo(slot.backend().endpoint());
    }
  }

  private void exchange(Upstream upstream, Random random) {
    Exchange exchange = upstream.begin(GET);
    try {
      for (int tries = 0; tries < 3; tries++) {
        HttpPeer peer = exchange.newHttpPeer();
        Generation generation = upstream.backends().current();
        for (int slot = 0; slot < generation.size(); slot++) {
          seen.add(generation.state(slot));
        }
        if (random.nextInt(3) > 0) {
          exchange.succeeded(200);
          return;
        }
        if (random.nextInt(10) == 0) {
          return; // abandoned
        }
        PeerException cause =
            PeerException.unsent(peer, PeerException.Failure.CONNECT, "connection refused");
        if (!exchange.failed(cause, Exchange.Body.REPEATABLE).isRetry()) {
          return;
        }
      }
    } catch (NoBackendException e) {
      assertThat(e.reason()).isIn("no eligible backend", "no backends", "no backends yet");
    } finally {
      exchange.close();
    }
  }
}
