package io.upstream4j.core.config;

import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.Discovery;
import io.upstream4j.api.spi.DiscoveryProvider;
import io.upstream4j.api.spi.PluginContext;
import java.util.List;

/** A discovery without backends, for strategies that derive them from requests. */
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
