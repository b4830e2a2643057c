/**
 * What upstream4j asks of a load balancer, a discovery and a health checker, and the values they
 * exchange.
 *
 * <p>The three types found by {@link java.util.ServiceLoader} are {@link
 * io.upstream4j.api.spi.LoadBalancerProvider}, {@link io.upstream4j.api.spi.DiscoveryProvider} and
 * {@link io.upstream4j.api.spi.HealthChecker}.
 */
@org.jspecify.annotations.NullMarked
package io.upstream4j.api.spi;
