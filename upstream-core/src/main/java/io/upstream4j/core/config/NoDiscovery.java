package io.upstream4j.core.config;

import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.Discovery;
import io.upstream4j.api.spi.DiscoveryProvider;
import io.upstream4j.api.spi.PluginContext;
import java.util.List;

/** Finds nobody, for strategies that make backends of requests. */
enum NoDiscovery implements DiscoveryProvider {
  INSTANCE;

  @Override
  public String type() {
    return "none";
  }

  @Override
  public Discovery create(Options options, PluginContext context) {
    return listener -> {
      listener.found(List.of());
      return new Discovery.Subscription() {
        @Override
        public void refresh() {}

        @Override
        public void close() {}
      };
    };
  }
}
