package io.upstream4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.concurrent.Future;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.ProbeClient;
import io.upstream4j.core.config.Config;
import io.upstream4j.core.config.UpstreamConfig;
import io.upstream4j.core.connect.HttpStream;
import io.upstream4j.core.event.UpstreamEvent;
import io.upstream4j.core.peer.ConnectionStats;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerOptions;
import io.upstream4j.core.runtime.BackendQuota;
import io.upstream4j.core.runtime.Connections;
import io.upstream4j.core.runtime.EventBus;
import io.upstream4j.core.runtime.OpenSends;
import io.upstream4j.core.runtime.PeerUse;
import io.upstream4j.core.runtime.PluginThreads;
import io.upstream4j.core.runtime.SharedServices;
import io.upstream4j.core.stats.BackendStats;
import io.upstream4j.testkit.FakeProbeClient;
import io.upstream4j.testkit.FakeScheduler;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;

/**
 * Upstreams without sockets and without time of their own: everything runs in the test's thread.
 */
final class World {
  static final Backend A = Backend.of("10.0.0.1", 80);
  static final Backend B = Backend.of("10.0.0.2", 80);
  static final Backend C = Backend.of("10.0.0.3", 80);

  final FakeScheduler time = new FakeScheduler();
  final FakeProbeClient probes = new FakeProbeClient();
  final FakeDiscovery discovery = new FakeDiscovery();
  final RotatingBalancer balancer = new RotatingBalancer();
  final FakeChecker checker = new FakeChecker();
  final List<UpstreamEvent> events = new ArrayList<>();
  final List<HttpPeer> retired = new ArrayList<>();
  final List<HttpPeer> warm = new ArrayList<>();
  final List<String> ignored = new ArrayList<>();
  final SharedServices shared;
  final UpstreamSet set;

  World() {
    this(new Random(1));
  }

  World(Random random) {
    shared =
        new SharedServices(
            time,
            Runnable::run,
            new PluginThreads(),
            new EventBus(List.of(events::add), Runnable::run),
            new NoConnections(),
            new PeerUse(time, (peer, grace) -> retired.add(peer)),
            new BackendQuota(2_000),
            new OpenSends(),
            () -> Instant.EPOCH.plusNanos(time.nanoTime()),
            random::nextDouble);
    set = new UpstreamSet(shared, () -> {});
  }

  private final class NoConnections implements Connections {
    @Override
    public Future<HttpStream> open(HttpPeer peer) {
      throw new UnsupportedOperationException("open");
    }

    @Override
    public Future<HttpStream> openFresh(HttpPeer peer) {
      throw new UnsupportedOperationException("openFresh");
    }

    @Override
    public List<String> ignored(PeerOptions options) {
      return ignored;
    }

    @Override
    public ConnectionStats stats(HttpPeer peer) {
      return ConnectionStats.NONE;
    }

    @Override
    public void retire(HttpPeer peer, Duration grace) {
      retired.add(peer);
    }

    @Override
    public void warm(HttpPeer peer) {
      warm.add(peer);
    }

    @Override
    public void cool(HttpPeer peer) {
      assertThat(warm.remove(peer)).as("was warm").isTrue();
    }

    @Override
    public ProbeClient probes(UpstreamConfig config) {
      return probes;
    }
  }

  /** An upstream named {@code api} with this world's plug-ins and without a health check. */
  Setup setup() {
    return Setup.of("api", discovery, balancer);
  }

  /** Puts a configuration into force. */
  void apply(Setup... setups) {
    Map<String, UpstreamConfig> configs = new LinkedHashMap<>();
    for (Setup setup : setups) {
      configs.put(setup.name(), setup.config());
    }
    set.apply(set.plan(new Config(configs, List.of()), new CompletableFuture<>()), List.of());
    time.runReady();
  }

  Upstream api() {
    return set.current().upstreams().get("api");
  }

  /** The discovery answers. */
  void find(Backend... backends) {
    discovery.finds(backends);
    time.runReady();
  }

  /** As many intervals of the health check pass. */
  void rounds(int count) {
    for (int i = 0; i < count; i++) {
      time.advance(Setup.FREQUENCY);
    }
  }

  void advance(Duration step) {
    time.advance(step);
  }

  /** Where the next requests go. */
  List<Backend> picks(int count) {
    List<Backend> picks = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      picks.add(api().newHttpPeer().backend());
    }
    return picks;
  }

  BackendStats stats(Backend backend) {
    return api().stats().backends().stream()
        .filter(stats -> stats.backend().endpoint().equals(backend.endpoint()))
        .findFirst()
        .orElseThrow();
  }

  <E extends UpstreamEvent> List<E> events(Class<E> type) {
    return events.stream().filter(type::isInstance).map(type::cast).toList();
  }

  /** The events of some kinds only, to compare their order. */
  List<UpstreamEvent> eventsThat(Predicate<UpstreamEvent> filter) {
    return events.stream().filter(filter).toList();
  }
}
