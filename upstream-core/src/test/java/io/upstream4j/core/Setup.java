package io.upstream4j.core;

import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.DiscoveryProvider;
import io.upstream4j.api.spi.HealthChecker;
import io.upstream4j.api.spi.LoadBalancerProvider;
import io.upstream4j.core.config.BreakerConfig;
import io.upstream4j.core.config.HealthConfig;
import io.upstream4j.core.config.PluginChoice;
import io.upstream4j.core.config.PolicyConfig;
import io.upstream4j.core.config.RetryConfig;
import io.upstream4j.core.config.StatsConfig;
import io.upstream4j.core.config.UpstreamConfig;
import io.upstream4j.core.peer.Alpn;
import io.upstream4j.core.peer.PeerOptions;
import io.upstream4j.core.peer.PoolLimits;
import io.upstream4j.core.peer.SocketOptions;
import io.upstream4j.core.peer.Timeouts;
import io.upstream4j.core.peer.TlsOptions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/** The configuration of one upstream, as a test wants it. Each {@code with} gives a copy. */
final class Setup implements Cloneable {
  static final Duration FREQUENCY = Duration.ofSeconds(10);
  static final Duration GRACE = Duration.ofSeconds(30);

  private final String name;
  private int version = 1;
  private DiscoveryProvider discovery;
  private LoadBalancerProvider balancer;
  private Optional<HealthChecker> checker = Optional.empty();
  private Duration frequency = FREQUENCY;
  private Duration unhealthyFrequency = FREQUENCY;
  private boolean reuse;
  private HealthConfig.Initial initial = HealthConfig.Initial.HEALTHY;
  private int success = 1;
  private int failure = 2;
  private int parallel = 100;
  private Optional<TlsOptions> tls = Optional.empty();
  private int minIdle;
  private RetryConfig retry = new RetryConfig(2, 20, 10);
  private PolicyConfig policy = PolicyConfig.NONE;
  private Optional<BreakerConfig> breaker = Optional.empty();

  private Setup(String name, DiscoveryProvider discovery, LoadBalancerProvider balancer) {
    this.name = name;
    this.discovery = discovery;
    this.balancer = balancer;
  }

  static Setup of(String name, DiscoveryProvider discovery, LoadBalancerProvider balancer) {
    return new Setup(name, discovery, balancer);
  }

  String name() {
    return name;
  }

  private Setup with(Consumer<Setup> change) {
    try {
      Setup copy = (Setup) clone();
      change.accept(copy);
      return copy;
    } catch (CloneNotSupportedException e) {
      throw new AssertionError(e);
    }
  }

  /** Another source text, so that it counts as changed. */
  Setup withVersion(int value) {
    return with(copy -> copy.version = value);
  }

  Setup withDiscovery(DiscoveryProvider value) {
    return with(copy -> copy.discovery = value);
  }

  Setup withBalancer(LoadBalancerProvider value) {
    return with(copy -> copy.balancer = value);
  }

  Setup withChecker(HealthChecker value) {
    return with(copy -> copy.checker = Optional.ofNullable(value));
  }

  Setup withThresholds(int newSuccess, int newFailure) {
    return with(
        copy -> {
          copy.success = newSuccess;
          copy.failure = newFailure;
        });
  }

  Setup withFrequency(Duration value) {
    return with(
        copy -> {
          copy.frequency = value;
          copy.unhealthyFrequency = value;
        });
  }

  Setup withReuse() {
    return with(copy -> copy.reuse = true);
  }

  Setup withUnhealthyFrequency(Duration value) {
    return with(copy -> copy.unhealthyFrequency = value);
  }

  Setup withInitial(HealthConfig.Initial value) {
    return with(copy -> copy.initial = value);
  }

  Setup withParallel(int value) {
    return with(copy -> copy.parallel = value);
  }

  Setup withTls(TlsOptions value) {
    return with(copy -> copy.tls = Optional.of(value));
  }

  Setup withMinIdle(int value) {
    return with(copy -> copy.minIdle = value);
  }

  Setup withRetry(int max, int percent, int perSecond) {
    return with(copy -> copy.retry = new RetryConfig(max, percent, perSecond));
  }

  Setup withPolicy(PolicyConfig value) {
    return with(copy -> copy.policy = value);
  }

  Setup withBreaker(BreakerConfig value) {
    return with(copy -> copy.breaker = Optional.of(value));
  }

  UpstreamConfig config() {
    Node.Mapping source = Node.Mapping.of(Map.of("version", version));
    Options options = Options.of(List.of(), Node.Mapping.of(Map.of()));
    String path = "upstreams." + name;
    return new UpstreamConfig(
        name,
        source,
        new PluginChoice<>(discovery, options, path + ".discovery"),
        new PluginChoice<>(balancer, options, path + ".algo"),
        checker.map(
            plugin ->
                new HealthConfig(
                    new PluginChoice<>(plugin, options, path + ".health_check"),
                    frequency,
                    unhealthyFrequency,
                    initial,
                    Duration.ofSeconds(3),
                    Duration.ofSeconds(3),
                    success,
                    failure,
                    parallel,
                    reuse)),
        peerOptions(tls, minIdle),
        retry,
        policy,
        breaker,
        GRACE,
        StatsConfig.ALL,
        List.of());
  }

  static PeerOptions peerOptions(Optional<TlsOptions> tls) {
    return peerOptions(tls, 0);
  }

  private static PeerOptions peerOptions(Optional<TlsOptions> tls, int minIdle) {
    Duration limit = Duration.ofSeconds(5);
    return new PeerOptions(
        Alpn.H1,
        tls,
        new Timeouts(limit, limit, limit, limit, limit),
        new PoolLimits(100, 100, limit, OptionalInt.empty(), Optional.empty(), minIdle),
        SocketOptions.SYSTEM);
  }
}
