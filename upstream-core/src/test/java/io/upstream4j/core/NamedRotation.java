package io.upstream4j.core;

import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.LoadBalancer;
import io.upstream4j.api.spi.LoadBalancerProvider;
import io.upstream4j.api.spi.PluginContext;

/** The rotating balancer under the name of the default. */
public final class NamedRotation implements LoadBalancerProvider {
  /** Creates it. */
  public NamedRotation() {}

  @Override
  public String type() {
    return "round_robin";
  }

  @Override
  public LoadBalancer create(Options options, PluginContext context) {
    return new RotatingBalancer().create(options, context);
  }
}
