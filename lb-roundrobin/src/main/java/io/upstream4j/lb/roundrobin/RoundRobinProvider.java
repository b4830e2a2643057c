package io.upstream4j.lb.roundrobin;

import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.LoadBalancer;
import io.upstream4j.api.spi.LoadBalancerProvider;
import io.upstream4j.api.spi.PluginContext;

/** Provides {@code round_robin}: backends in turn, in proportion to their weights. */
public final class RoundRobinProvider implements LoadBalancerProvider {
  /** Creates the provider. */
  public RoundRobinProvider() {}

  @Override
  public String type() {
    return "round_robin";
  }

  @Override
  public LoadBalancer create(Options options, PluginContext context) {
    return new RoundRobin();
  }
}
