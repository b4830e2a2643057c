package io.upstream4j.discovery.dns;

import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.Discovery;
import io.upstream4j.api.spi.DiscoveryProvider;
import io.upstream4j.testkit.DiscoveryContract;
import io.upstream4j.testkit.FakePluginContext;
import java.util.List;
import java.util.Map;

class DnsContractTest implements DiscoveryContract {
  private final DnsProvider provider = new DnsProvider();
  private final FakeNames names =
      new FakeNames()
          .withHost("api.test", 30, "10.0.0.1", "10.0.0.2")
          .withHost("other.test", 60, "10.0.0.2", "10.0.0.3");

  @Override
  public DiscoveryProvider plugin() {
    return provider;
  }

  @Override
  public Discovery discovery(FakePluginContext context) {
    Node.Mapping options = Node.Mapping.of(Map.of("addrs", List.of("api.test", "other.test")));
    return provider.create(Options.of(provider.options(), options), context, () -> names);
  }

  @Override
  public void breakSource() {
    names.reachable(false);
  }

  @Override
  public void mendSource() {
    names.reachable(true);
  }

  @Override
  public int timesAsked() {
    return names.asked().size();
  }
}
