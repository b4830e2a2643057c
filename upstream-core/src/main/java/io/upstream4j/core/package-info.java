/**
 * Upstreams: from a configuration to the peer that a request goes to.
 *
 * <p>{@link io.upstream4j.core.Upstreams} loads a file, {@link io.upstream4j.core.Upstream} picks,
 * {@link io.upstream4j.core.Exchange} follows one request over its tries.
 */
@org.jspecify.annotations.NullMarked
package io.upstream4j.core;
