package io.upstream4j.core.config;

import static java.util.Objects.requireNonNull;

import io.upstream4j.api.spi.HealthChecker;
import java.time.Duration;

/**
 * How the backends of an upstream are checked.
 *
 * @param checker the kind of health check
 * @param frequency the interval between probes of a healthy backend
 * @param unhealthyFrequency the interval between probes of an unhealthy backend
 * @param initial the state of a backend before its first probe
 * @param connectionTimeout how long a probe's connection may take to be ready
 * @param readTimeout how long the answer may take after that
 * @param success consecutive successes that make an unhealthy backend healthy
 * @param failure consecutive failures that make a healthy backend unhealthy
 * @param parallel the number of concurrent probes
 * @param reuse whether probes share connections
 */
public record HealthConfig(
    PluginChoice<HealthChecker> checker,
    Duration frequency,
    Duration unhealthyFrequency,
    Initial initial,
    Duration connectionTimeout,
    Duration readTimeout,
    int success,
    int failure,
    int parallel,
    boolean reuse) {
  /** The state of a backend before its first probe. */
  public enum Initial {
    /** It receives requests at once. */
    HEALTHY,
    /** It receives requests after its first successful probe. */
    UNHEALTHY
  }

  /** Checks the components. */
  public HealthConfig {
    requireNonNull(checker, "checker");
    requireNonNull(frequency, "frequency");
    requireNonNull(unhealthyFrequency, "unhealthyFrequency");
    requireNonNull(initial, "initial");
    requireNonNull(connectionTimeout, "connectionTimeout");
    requireNonNull(readTimeout, "readTimeout");
  }
}
