package io.upstream4j.core.stats;

import io.upstream4j.core.config.StatsConfig;
import io.upstream4j.core.peer.PeerException;
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
 * @param retriesExhausted retries that the budget did not allow
 * @param refusals times that no backend could take a request, by kind, each of which is there
 * @param failures tries that got no response, by kind, each of which is there
 * @param latency of its tries, from the pick to the head of the response
 * @param duration of its tries, from the pick to the end, good or bad; not of those that the client
 *     abandoned
 * @param probes of its health checks
 * @param discoveryFailures times that its discovery failed
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
    long retriesExhausted,
    Map<Refusal, Long> refusals,
    Map<PeerException.Failure, Long> failures,
    Durations latency,
    Durations duration,
    ProbeStats probes,
    long discoveryFailures,
    Map<String, Long> strategy,
    boolean makesBackends,
    StatsConfig shown,
    List<BackendStats> backends) {
  /** Copies the components. */
  public UpstreamStats {
    refusals = Map.copyOf(refusals);
    failures = Map.copyOf(failures);
    strategy = Map.copyOf(strategy);
    backends = List.copyOf(backends);
  }

  /** Times that no backend could take a request. */
  public long refused() {
    return refusals.values().stream().mapToLong(Long::longValue).sum();
  }
}
