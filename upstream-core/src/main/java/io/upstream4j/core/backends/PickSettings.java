package io.upstream4j.core.backends;

import io.upstream4j.api.spi.LoadBalancer;
import io.upstream4j.core.config.BreakerConfig;
import io.upstream4j.core.config.HealthConfig;
import io.upstream4j.core.config.PolicyConfig;
import io.upstream4j.core.peer.PeerOptions;
import io.upstream4j.core.runtime.PluginProduct;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a configuration says about picks. One object for each time a configuration is applied.
 *
 * @param balancer makes the pickers
 * @param peer how backends are reached
 * @param maxRetries tries beyond the first, for one request
 * @param budget of all retries
 * @param policy what holds whatever the strategy
 * @param breaker ejects backends whose requests fail; null for none
 * @param initial what a backend counts as that was never checked
 * @param grace how long a removed backend is remembered
 */
public record PickSettings(
    PluginProduct<LoadBalancer> balancer,
    PeerOptions peer,
    int maxRetries,
    RetryBudget budget,
    PolicyConfig policy,
    @Nullable BreakerConfig breaker,
    HealthConfig.Initial initial,
    Duration grace) {}
