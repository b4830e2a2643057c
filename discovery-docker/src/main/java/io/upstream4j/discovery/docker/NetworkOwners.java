package io.upstream4j.discovery.docker;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Gives containers that use the network of another one ({@code network_mode: container:X}) its
 * addresses, and its ports if they have none of their own.
 */
final class NetworkOwners {
  private static final int MAX_STEPS = 16; // in a chain of containers that use each other's network

  private final Map<String, Container> byName = new HashMap<>();

  private NetworkOwners(List<Container> containers) {
    for (Container container : containers) {
      byName.put(container.name(), container);
    }
    for (Container container : containers) {
      byName.put(container.id(), container);
    }
  }

  /** Returns the containers with the addresses of those whose networks they use. */
  static List<Container> resolved(List<Container> containers) {
    NetworkOwners owners = new NetworkOwners(containers);
    return containers.stream().map(owners::resolved).toList();
  }

  private Container resolved(Container container) {
    if (container.networkOf().isEmpty() || !container.networks().isEmpty()) {
      return container; // Podman lists the addresses itself
    }
    Container owner = container;
    for (int step = 0; step < MAX_STEPS && owner != null && owner.networkOf().isPresent(); step++) {
      owner = find(owner.networkOf().get());
    }
    if (owner == null || owner.networkOf().isPresent()) {
      return container;
    }
    return new Container(
        container.id(),
        container.name(),
        container.labels(),
        container.status(),
        owner.onHost(),
        Optional.of(owner.id()),
        owner.networks(),
        container.ports().isEmpty() ? owner.ports() : container.ports());
  }

  private @Nullable Container find(String idOrName) {
    return byName.get(idOrName);
  }
}
