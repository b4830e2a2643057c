package io.upstream4j.api.spi;

import io.upstream4j.api.option.Options;

/** Makes discoveries of one type. Found by {@link java.util.ServiceLoader}. */
public interface DiscoveryProvider extends Plugin {
  /**
   * Makes a discovery for one upstream. Does no I/O: that begins with {@link Discovery#start}.
   *
   * @param options the values of {@link #options}
   * @param context what it may use
   * @throws IllegalArgumentException when options contradict each other; the message says how
   */
  Discovery create(Options options, PluginContext context);
}
