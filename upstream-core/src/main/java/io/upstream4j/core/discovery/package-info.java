/**
 * From a discovery to the control loop: {@link io.upstream4j.core.discovery.DiscoveryFeed} starts
 * it, starts it again when that fails, and checks what it reports.
 */
@org.jspecify.annotations.NullMarked
package io.upstream4j.core.discovery;
