package io.upstream4j.api.spi;

import io.upstream4j.api.option.Options;

/** Creates load balancers of one type. Found by {@link java.util.ServiceLoader}. */
public interface LoadBalancerProvider extends Plugin {
  /**
   * Creates a load balancer for one upstream.
   *
   * @param options the values of {@link #options}
   * @param context services that the balancer may use
   * @throws IllegalArgumentException when options contradict each other; the message says how
   */
  LoadBalancer create(Options options, PluginContext context);

  /**
   * Returns whether the pickers derive backends from requests ({@link Pick.To#outside}). An
   * upstream with such a strategy has no discovery, and its snapshots are empty.
   */
  default boolean makesBackends() {
    return false;
  }
}
