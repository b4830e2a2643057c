package io.upstream4j.core;

import io.upstream4j.core.config.StatsConfig;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One upstream at one moment. Counts are since it was configured.
 *
 * @param name the upstream's
 * @param generation counts the changes of its set of backends
 * @param healthIgnored whether so few backends are healthy that unhealthy ones get requests as well
 * @param lastAnswer when its discovery answered last; empty before the first time
 * @param discoveryError why its discovery fails at present; empty while it works
 * @param requests exchanges that were begun
 * @param retries tries beyond the first
 * @param refused times that no backend could take a request
 * @param strategy what the load balancer counts beside its picks, by name
 * @param makesBackends whether its strategy makes backends of requests, so that none are found
 * @param shown what the configuration wants to have told of the backends one by one
 * @param backends in the order of their slots
 */
public record UpstreamStats(
    String name,
    long generation,
    boolean healthIgnored,
    Optional<Instant> lastAnswer,
    Optional<String> discoveryError,
    long requests,
    long retries,
    long refused,
    Map<String, Long> strategy,
    boolean makesBackends,
    StatsConfig shown,
    List<BackendStats> backends) {
  /** Copies the components. */
  public UpstreamStats {
    strategy = Map.copyOf(strategy);
    backends = List.copyOf(backends);
  }
}
