package io.upstream4j.core;

import io.upstream4j.api.spi.PluginContext;
import io.upstream4j.api.spi.ProbeClient;
import io.upstream4j.api.spi.Scheduler;
import io.upstream4j.core.config.UpstreamConfig;
import io.upstream4j.core.health.ApartProbes;
import io.upstream4j.core.runtime.PluginLane;
import io.upstream4j.core.runtime.SharedServices;
import java.util.concurrent.Executor;

/** What a plug-in may use for one upstream. */
record UpstreamContext(
    String upstream, int defaultPort, Scheduler scheduler, Executor blocking, ProbeClient probes)
    implements PluginContext {
  static UpstreamContext of(UpstreamConfig config, PluginLane lane, SharedServices shared) {
    ProbeClient probes = shared.connections().probes(config);
    return new UpstreamContext(
        config.name(),
        config.peer().tls().isPresent() ? 443 : 80,
        lane.scheduler(),
        lane.blocking(),
        lane.guard().isApart() ? new ApartProbes(probes, lane.completions()) : probes);
  }
}
