package io.upstream4j.core;

import io.upstream4j.api.spi.PluginContext;
import io.upstream4j.api.spi.ProbeClient;
import io.upstream4j.api.spi.Scheduler;
import io.upstream4j.core.config.UpstreamConfig;
import java.util.concurrent.Executor;

/** What the plug-ins of one upstream may use. */
record UpstreamContext(
    String upstream, int defaultPort, Scheduler scheduler, Executor blocking, ProbeClient probes)
    implements PluginContext {
  static UpstreamContext of(UpstreamConfig config, Shared shared) {
    return new UpstreamContext(
        config.name(),
        config.peer().tls().isPresent() ? 443 : 80,
        shared.loop(),
        shared.blocking(),
        shared.connections().probes(config));
  }
}
