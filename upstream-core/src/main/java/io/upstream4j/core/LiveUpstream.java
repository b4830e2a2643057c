package io.upstream4j.core;

import io.upstream4j.core.backends.Generation;
import io.upstream4j.core.config.StatsConfig;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.runtime.Connections;
import io.upstream4j.core.stats.BackendStats;
import io.upstream4j.core.stats.Durations;
import io.upstream4j.core.stats.ProbeStats;
import io.upstream4j.core.stats.Refusal;
import io.upstream4j.core.stats.UpstreamStats;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One upstream to look at: its set of backends is that of one moment, and every figure is read at
 * the moment it is asked for. For exporters that go through thousands of upstreams and would not
 * keep a {@link UpstreamStats} of each; figures mean what they mean there. Safe for use by any
 * thread.
 */
public final class LiveUpstream {
  private final Upstream upstream;
  private final Generation generation;
  private final @Nullable UpstreamRuntime runtime;
  private final Connections pools;

  LiveUpstream(
      Upstream upstream,
      Generation generation,
      @Nullable UpstreamRuntime runtime,
      Connections pools) {
    this.upstream = upstream;
    this.generation = generation;
    this.runtime = runtime;
    this.pools = pools;
  }

  /** The upstream's name. */
  public String name() {
    return upstream.name();
  }

  /** Counts the changes of its set of backends. */
  public long generation() {
    return generation.number();
  }

  /** Whether so few backends are healthy that unhealthy ones get requests as well. */
  public boolean healthIgnored() {
    return generation.isHealthIgnored();
  }

  /** When its discovery answered last; empty before the first time. */
  public Optional<Instant> lastAnswer() {
    return runtime == null ? Optional.empty() : runtime.lastAnswer();
  }

  /** Why its discovery fails at present; empty while it works. */
  public Optional<String> discoveryError() {
    return runtime == null ? Optional.empty() : runtime.discoveryError();
  }

  /**
   * Whether what its discovery found is in use, or the discovery fails, so that nothing is to be
   * expected soon.
   */
  public boolean isFound() {
    return runtime != null && runtime.isFound();
  }

  /**
   * Why it takes no requests at present: its discovery has not answered, not every backend was
   * checked yet, or none is in service. Empty when it does.
   */
  public Optional<String> unreadiness() {
    if (runtime == null) {
      return Optional.of("it was removed");
    }
    Optional<String> reason = runtime.unreadiness();
    boolean serves = healthIgnored() ? generation.inService() > 0 : generation.eligible() > 0;
    if (reason.isPresent() || runtime.makesBackends() || serves) {
      return reason;
    }
    return Optional.of(size() == 0 ? "it has no backends" : "no backend is in service");
  }

  /** Exchanges that were begun. */
  public long requests() {
    return upstream.requests();
  }

  /** Tries beyond the first. */
  public long retries() {
    return upstream.retries();
  }

  /** Retries that the budget did not allow. */
  public long retriesExhausted() {
    return upstream.retriesExhausted();
  }

  /** Times that no backend could take a request, by kind, each of which is there. */
  public Map<Refusal, Long> refusals() {
    return upstream.traffic().refusals();
  }

  /** Tries that got no response, by kind, each of which is there. */
  public Map<PeerException.Failure, Long> failures() {
    return upstream.traffic().failures();
  }

  /** Of its tries, from the pick to the head of the response. */
  public Durations latency() {
    return upstream.traffic().heads();
  }

  /** Of its tries, from the pick to the end. */
  public Durations duration() {
    return upstream.traffic().tries();
  }

  /** Of its health checks. */
  public ProbeStats probes() {
    return upstream.traffic().probes();
  }

  /** Times that its discovery failed. */
  public long discoveryFailures() {
    return upstream.traffic().failuresOfDiscovery();
  }

  /** What the load balancer counts beside its picks, by name. */
  public Map<String, Long> strategy() {
    return upstream.picks().counters(generation);
  }

  /** What the configuration wants to have told of the backends one by one. */
  public StatsConfig shown() {
    return runtime == null ? StatsConfig.ALL : runtime.config().stats();
  }

  /** How many backends there are. */
  public int size() {
    return generation.size();
  }

  /**
   * A backend.
   *
   * @param slot from 0, below {@link #size}
   */
  public LiveBackend backend(int slot) {
    return new LiveBackend(generation.slot(slot), pools);
  }

  /** All figures of this moment. */
  public UpstreamStats snapshot() {
    List<BackendStats> backends = new ArrayList<>(size());
    for (int slot = 0; slot < size(); slot++) {
      backends.add(backend(slot).snapshot());
    }
    return new UpstreamStats(
        name(),
        generation(),
        healthIgnored(),
        lastAnswer(),
        discoveryError(),
        requests(),
        retries(),
        retriesExhausted(),
        refusals(),
        failures(),
        latency(),
        duration(),
        probes(),
        discoveryFailures(),
        strategy(),
        runtime != null && runtime.makesBackends(),
        shown(),
        backends);
  }
}
