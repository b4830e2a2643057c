package io.upstream4j.lb.leastload;

import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.LoadBalancer;
import io.upstream4j.api.spi.LoadBalancerProvider;
import io.upstream4j.api.spi.PluginContext;

/**
 * Provides {@code least_request}: of two backends drawn at random by weight, the one with fewer
 * requests in flight relative to its weight.
 */
public final class LeastRequestProvider implements LoadBalancerProvider {
  /** Creates the provider. */
  public LeastRequestProvider() {}

  @Override
  public String type() {
    return "least_request";
  }

  @Override
  public LoadBalancer create(Options options, PluginContext context) {
    return new Choice(Load.IN_FLIGHT);
  }
}
