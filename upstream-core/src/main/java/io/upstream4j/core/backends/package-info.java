/**
 * The backends of one upstream: which there are, what is known of each, and which of them a
 * strategy is offered.
 *
 * <p>In the order of reading: {@link io.upstream4j.core.backends.Generation} is one set of backends
 * as pickers see it; {@link io.upstream4j.core.backends.BackendState} is what survives from one to
 * the next; {@link io.upstream4j.core.backends.Backends} makes the next one and swaps it in. The
 * policies around a strategy are {@link io.upstream4j.core.backends.Routing} (tiers and zones),
 * {@link io.upstream4j.core.backends.SlowStart}, {@link io.upstream4j.core.backends.Circuit} with
 * {@link io.upstream4j.core.backends.CircuitBreaker} and {@link
 * io.upstream4j.core.backends.OutlierDetection}. {@link io.upstream4j.core.backends.Picks} asks the
 * strategy, and {@link io.upstream4j.core.backends.Traffic} counts.
 */
@org.jspecify.annotations.NullMarked
package io.upstream4j.core.backends;
