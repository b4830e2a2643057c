package io.upstream4j.discovery.fixed;

import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.Discovery;
import io.upstream4j.api.spi.DiscoveryProvider;
import io.upstream4j.testkit.DiscoveryContract;
import io.upstream4j.testkit.FakePluginContext;
import java.util.List;
import java.util.Map;

class StaticContractTest implements DiscoveryContract {
  private final StaticProvider provider = new StaticProvider();
  private final FakeResolver resolver = new FakeResolver().with("api.test", "10.0.0.1", "10.0.0.2");

  @Override
  public DiscoveryProvider plugin() {
    return provider;
  }

  @Override
  public Discovery discovery(FakePluginContext context) {
    Node.Mapping options =
        Node.Mapping.of(Map.of("addrs", List.of("api.test:8080"), "update_frequency", "30s"));
    return provider.create(Options.of(provider.options(), options), context, resolver);
  }

  @Override
  public void breakSource() {
    resolver.without("api.test");
  }

  @Override
  public void mendSource() {
    resolver.with("api.test", "10.0.0.1", "10.0.0.2");
  }

  @Override
  public int timesAsked() {
    return resolver.asked().size();
  }
}
