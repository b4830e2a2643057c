package io.upstream4j.lb.leastload;

import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.LoadBalancer;
import io.upstream4j.api.spi.LoadBalancerProvider;
import io.upstream4j.api.spi.PluginContext;

/**
 * Provides {@code peak_ewma}: of two backends drawn at random by weight, the one that is expected
 * to answer first.
 */
public final class PeakEwmaProvider implements LoadBalancerProvider {
  /** Creates the provider. */
  public PeakEwmaProvider() {}

  @Override
  public String type() {
    return "peak_ewma";
  }

  @Override
  public LoadBalancer create(Options options, PluginContext context) {
    return new Choice(Load.LATENCY);
  }
}
