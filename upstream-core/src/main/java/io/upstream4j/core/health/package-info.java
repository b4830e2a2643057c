/**
 * Active health checks: {@link io.upstream4j.core.health.HealthMonitor} decides when a backend is
 * asked and what its answers mean, {@link io.upstream4j.core.health.ProbeConnections} carries the
 * probes of checkers to it.
 */
@org.jspecify.annotations.NullMarked
package io.upstream4j.core.health;
