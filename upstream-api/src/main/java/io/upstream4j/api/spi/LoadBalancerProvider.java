package io.upstream4j.api.spi;

import io.upstream4j.api.option.Options;

/** Makes load balancers of one type. Found by {@link java.util.ServiceLoader}. */
public interface LoadBalancerProvider extends Plugin {
  /**
   * Makes a load balancer for one upstream.
   *
   * @param options the values of {@link #options}
   * @param context what it may use
   * @throws IllegalArgumentException when options contradict each other; the message says how
   */
  LoadBalancer create(Options options, PluginContext context);

  /**
   * Whether its pickers make backends out of requests ({@link Pick.To#outside}) and need none to be
   * found. An upstream with such a strategy has no discovery, and snapshots are empty.
   */
  default boolean makesBackends() {
    return false;
  }
}
