package io.upstream4j.core.config;

import static java.util.Objects.requireNonNull;

import io.upstream4j.api.spi.HealthChecker;
import java.time.Duration;

/**
 * How the backends of an upstream are checked.
 *
 * @param checker asks the question
 * @param frequency how often each healthy backend is asked
 * @param unhealthyFrequency how often each unhealthy one is
 * @param initial what a backend counts as until it is asked first
 * @param connectionTimeout until the probe's connection must be ready
 * @param readTimeout until its answer must be there after that
 * @param success consecutive good answers that turn an unhealthy backend healthy
 * @param failure consecutive bad answers that turn a healthy backend unhealthy
 * @param parallel how many backends are asked at the same time
 * @param reuse whether requests of probes share a connection rather than have one each
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
  /** What a backend counts as that was never asked. */
  public enum Initial {
    /** It gets requests at once. */
    HEALTHY,
    /** It gets requests from its first good answer on. */
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
