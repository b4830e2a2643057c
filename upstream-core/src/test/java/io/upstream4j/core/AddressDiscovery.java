package io.upstream4j.core;

import io.upstream4j.api.option.Option;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.Attributes;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Discovery;
import io.upstream4j.api.spi.DiscoveryProvider;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.api.spi.PluginContext;
import java.util.List;

/** The addresses of the configuration, at once. */
public final class AddressDiscovery implements DiscoveryProvider {
  /** Creates it. */
  public AddressDiscovery() {}

  private static final Option<List<String>> ADDRS = Option.text("addrs", "the servers").list();

  @Override
  public String type() {
    return "static";
  }

  @Override
  public List<Option<?>> options() {
    return List.of(ADDRS);
  }

  @Override
  public Discovery create(Options options, PluginContext context) {
    List<Backend> backends =
        options.get(ADDRS).stream()
            .map(
                text ->
                    new Backend(Endpoint.parse(text, context.defaultPort()), 1, Attributes.none()))
            .toList();
    return listener -> {
      listener.found(backends);
      return new Discovery.Subscription() {
        @Override
        public void refresh() {
          listener.found(backends);
        }

        @Override
        public void close() {}
      };
    };
  }
}
