package io.upstream4j.discovery.docker;

import io.upstream4j.api.spi.Discovery;
import io.upstream4j.api.spi.DiscoveryProvider;
import io.upstream4j.discovery.docker.Placement.AddressKind;
import io.upstream4j.testkit.DiscoveryContract;
import io.upstream4j.testkit.FakePluginContext;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

class DockerContractTest implements DiscoveryContract {
  private final FakeEngines engines = new FakeEngines();

  @Override
  public DiscoveryProvider plugin() {
    return new DockerProvider(Map.of());
  }

  @Override
  public Discovery discovery(FakePluginContext context) {
    engines.containers.clear();
    engines.containers.add(FakeEngines.container("a", "172.17.0.2", Map.of("app", "web")));
    engines.containers.add(FakeEngines.container("b", "172.17.0.3", Map.of("app", "web")));
    return new DockerDiscovery(
        List.of(Entry.read("app=web")),
        new Placement(AddressKind.CONTAINER, Optional.empty(), "127.0.0.1"),
        Duration.ofMinutes(1),
        engines::connect,
        () -> 0.5,
        context);
  }

  @Override
  public void breakSource() {
    engines.broken = true;
    engines.cutOff();
  }

  @Override
  public void mendSource() {
    engines.broken = false;
  }

  @Override
  public int timesAsked() {
    return engines.asked;
  }
}
