package io.upstream4j.core.config;

import static java.util.Objects.requireNonNull;

import io.upstream4j.api.option.Node;
import io.upstream4j.api.spi.DiscoveryProvider;
import io.upstream4j.api.spi.LoadBalancerProvider;
import io.upstream4j.core.peer.PeerOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The checked configuration of an upstream.
 *
 * @param name its key under {@code upstreams}
 * @param source its mapping in the file; upstreams with equal sources have the same configuration
 * @param discovery finds the backends
 * @param balancer chooses a backend for each request
 * @param health checks the backends; empty for {@code health_check: none}
 * @param peer how the backends are reached
 * @param retry how often a request is retried
 * @param policy policies of picks
 * @param breaker ejects backends whose requests fail; empty for none
 * @param grace how long requests to a removed backend may continue
 * @param stats the statistics to expose per backend
 * @param includes the included files
 */
public record UpstreamConfig(
    String name,
    Node.Mapping source,
    PluginChoice<DiscoveryProvider> discovery,
    PluginChoice<LoadBalancerProvider> balancer,
    Optional<HealthConfig> health,
    PeerOptions peer,
    RetryConfig retry,
    PolicyConfig policy,
    Optional<BreakerConfig> breaker,
    Duration grace,
    StatsConfig stats,
    List<Path> includes) {
  /** Checks the components. */
  public UpstreamConfig {
    requireNonNull(name, "name");
    requireNonNull(source, "source");
    requireNonNull(discovery, "discovery");
    requireNonNull(balancer, "balancer");
    requireNonNull(health, "health");
    requireNonNull(peer, "peer");
    requireNonNull(retry, "retry");
    requireNonNull(policy, "policy");
    requireNonNull(breaker, "breaker");
    requireNonNull(grace, "grace");
    requireNonNull(stats, "stats");
    includes = List.copyOf(includes);
  }

  /** Returns a copy with another health check, or without one. */
  public UpstreamConfig withHealth(Optional<HealthConfig> other) {
    return new UpstreamConfig(
        name, source, discovery, balancer, other, peer, retry, policy, breaker, grace, stats,
        includes);
  }
}
