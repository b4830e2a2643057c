package io.upstream4j.lb.leastload;

import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.LoadBalancer;
import io.upstream4j.api.spi.LoadBalancerProvider;
import io.upstream4j.api.spi.PluginContext;

/** Provides {@code random}: a random backend, by weight. */
public final class RandomProvider implements LoadBalancerProvider {
  /** Creates the provider. */
  public RandomProvider() {}

  @Override
  public String type() {
    return "random";
  }

  @Override
  public LoadBalancer create(Options options, PluginContext context) {
    return new Choice(Load.NONE);
  }
}
