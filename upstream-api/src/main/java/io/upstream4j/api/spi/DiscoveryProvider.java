package io.upstream4j.api.spi;

import io.upstream4j.api.option.Options;

/** Creates discoveries of one type. Found by {@link java.util.ServiceLoader}. */
public interface DiscoveryProvider extends Plugin {
  /**
   * Creates a discovery for one upstream. Does no I/O before {@link Discovery#start}.
   *
   * @param options the values of {@link #options}
   * @param context services that the discovery may use
   * @throws IllegalArgumentException when options contradict each other; the message says how
   */
  Discovery create(Options options, PluginContext context);
}
