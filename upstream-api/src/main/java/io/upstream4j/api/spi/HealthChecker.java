package io.upstream4j.api.spi;

import io.upstream4j.api.option.Options;

/** Creates health checks of one type. Found by {@link java.util.ServiceLoader}. */
public interface HealthChecker extends Plugin {
  /**
   * Creates a health check for one upstream.
   *
   * @param options the values of {@link #options}
   * @param context services that the check may use
   * @throws IllegalArgumentException when options contradict each other; the message says how
   */
  HealthCheck create(Options options, PluginContext context);
}
