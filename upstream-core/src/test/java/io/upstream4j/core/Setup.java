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

/** The configuration of one upstream, as a test wants it. Each {@code with} gives a copy. */
record Setup(
    String name,
    int version,
    DiscoveryProvider discovery,
    LoadBalancerProvider balancer,
    Optional<HealthChecker> checker,
    int success,
    int failure,
    int parallel,
    Optional<TlsOptions> tls,
    RetryConfig retry,
    PolicyConfig policy,
    Optional<BreakerConfig> breaker) {
  static final Duration FREQUENCY = Duration.ofSeconds(10);
  static final Duration GRACE = Duration.ofSeconds(30);

  static Setup of(String name, DiscoveryProvider discovery, LoadBalancerProvider balancer) {
    return new Setup(
        name,
        1,
        discovery,
        balancer,
        Optional.empty(),
        1,
        2,
        100,
        Optional.empty(),
        new RetryConfig(2, 20, 10),
        PolicyConfig.NONE,
        Optional.empty());
  }

  /** Another source text, so that it counts as changed. */
  Setup withVersion(int value) {
    return new Setup(
        name, value, discovery, balancer, checker, success, failure, parallel, tls, retry, policy,
        breaker);
  }

  Setup withDiscovery(DiscoveryProvider value) {
    return new Setup(
        name, version, value, balancer, checker, success, failure, parallel, tls, retry, policy,
        breaker);
  }

  Setup withBalancer(LoadBalancerProvider value) {
    return new Setup(
        name, version, discovery, value, checker, success, failure, parallel, tls, retry, policy,
        breaker);
  }

  Setup withChecker(HealthChecker value) {
    return new Setup(
        name,
        version,
        discovery,
        balancer,
        Optional.ofNullable(value),
        success,
        failure,
        parallel,
        tls,
        retry,
        policy,
        breaker);
  }

  Setup withThresholds(int newSuccess, int newFailure) {
    return new Setup(
        name,
        version,
        discovery,
        balancer,
        checker,
        newSuccess,
        newFailure,
        parallel,
        tls,
        retry,
        policy,
        breaker);
  }

  Setup withParallel(int value) {
    return new Setup(
        name, version, discovery, balancer, checker, success, failure, value, tls, retry, policy,
        breaker);
  }

  Setup withTls(TlsOptions value) {
    return new Setup(
        name,
        version,
        discovery,
        balancer,
        checker,
        success,
        failure,
        parallel,
        Optional.of(value),
        retry,
        policy,
        breaker);
  }

  Setup withRetry(int max, int percent, int perSecond) {
    return new Setup(
        name,
        version,
        discovery,
        balancer,
        checker,
        success,
        failure,
        parallel,
        tls,
        new RetryConfig(max, percent, perSecond),
        policy,
        breaker);
  }

  Setup withPolicy(PolicyConfig value) {
    return new Setup(
        name, version, discovery, balancer, checker, success, failure, parallel, tls, retry, value,
        breaker);
  }

  Setup withBreaker(BreakerConfig value) {
    return new Setup(
        name,
        version,
        discovery,
        balancer,
        checker,
        success,
        failure,
        parallel,
        tls,
        retry,
        policy,
        Optional.of(value));
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
                    FREQUENCY,
                    Duration.ofSeconds(3),
                    Duration.ofSeconds(3),
                    success,
                    failure,
                    parallel)),
        peerOptions(tls),
        retry,
        policy,
        breaker,
        GRACE);
  }

  static PeerOptions peerOptions(Optional<TlsOptions> tls) {
    Duration limit = Duration.ofSeconds(5);
    return new PeerOptions(
        Alpn.H1,
        tls,
        new Timeouts(limit, limit, limit, limit, limit),
        new PoolLimits(100, 100, limit),
        SocketOptions.SYSTEM);
  }
}
