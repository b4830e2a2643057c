package io.upstream4j.core;

import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.Discovery;
import io.upstream4j.api.spi.DiscoveryProvider;
import io.upstream4j.api.spi.PluginContext;

/** Runs a look-up on the executor for blocking calls, and never answers. */
record BlockingDiscovery(Runnable lookUp) implements DiscoveryProvider {
  @Override
  public String type() {
    return "blocking";
  }

  @Override
  public Discovery create(Options options, PluginContext context) {
    return listener -> {
      context.blocking().execute(lookUp);
      return new Discovery.Subscription() {
        @Override
        public void refresh() {}

        @Override
        public void close() {}
      };
    };
  }
}
