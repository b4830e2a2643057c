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
 * One upstream, checked.
 *
 * @param name its key under {@code upstreams}
 * @param source what stands in the file; two upstreams with equal sources are configured alike
 * @param discovery finds the backends
 * @param balancer chooses among them
 * @param health checks them; empty for {@code health_check: none}
 * @param peer how they are reached
 * @param retry how often a request is tried again
 * @param policy what holds for picks whatever the balancer
 * @param breaker ejects backends whose requests fail; empty for none
 * @param grace how long requests to a removed backend may go on
 * @param stats what is told of its backends one by one
 * @param includes other files that it was read from
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

  /** The same with another health check, or with none. */
  public UpstreamConfig withHealth(Optional<HealthConfig> other) {
    return new UpstreamConfig(
        name, source, discovery, balancer, other, peer, retry, policy, breaker, grace, stats,
        includes);
  }
}
