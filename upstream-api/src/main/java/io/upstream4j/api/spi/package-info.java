/**
 * The interfaces that load balancers, discoveries and health checkers implement, and the values
 * that they exchange with upstream4j.
 *
 * <p>{@link java.util.ServiceLoader} finds three types: {@link
 * io.upstream4j.api.spi.LoadBalancerProvider}, {@link io.upstream4j.api.spi.DiscoveryProvider} and
 * {@link io.upstream4j.api.spi.HealthChecker}.
 */
@org.jspecify.annotations.NullMarked
package io.upstream4j.api.spi;
