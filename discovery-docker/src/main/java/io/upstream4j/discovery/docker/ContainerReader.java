package io.upstream4j.discovery.docker;

import com.github.dockerjava.api.model.ContainerHostConfig;
import com.github.dockerjava.api.model.ContainerNetwork;
import com.github.dockerjava.api.model.ContainerPort;
import io.upstream4j.discovery.docker.Container.Port;
import io.upstream4j.discovery.docker.Container.Published;
import io.upstream4j.discovery.docker.Container.Status;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Takes from docker-java's containers what discovery needs. */
final class ContainerReader {
  private ContainerReader() {}

  static Container read(com.github.dockerjava.api.model.Container from) {
    ContainerHostConfig host = from.getHostConfig();
    return new Container(
        from.getId(),
        name(from),
        labels(from),
        status(from.getState(), from.getStatus()),
        host != null && "host".equals(host.getNetworkMode()),
        networks(from),
        ports(from.getPorts()));
  }

  private static String name(com.github.dockerjava.api.model.Container from) {
    String[] names = from.getNames();
    if (names == null || names.length == 0) {
      return from.getId();
    }
    // Links of other containers are names as well, as /other/alias; the own one has one slash.
    String own = names[0];
    for (String name : names) {
      own = name.indexOf('/', 1) < 0 ? name : own;
    }
    return own.startsWith("/") ? own.substring(1) : own;
  }

  private static Map<String, String> labels(com.github.dockerjava.api.model.Container from) {
    Map<String, String> labels = from.getLabels();
    return labels == null ? Map.of() : labels;
  }

  /**
   * The answer to a list has the state of a health check in its text for people alone, such as
   * {@code Up 5 seconds (health: starting)}.
   */
  private static Status status(@Nullable String state, @Nullable String text) {
    boolean sick =
        text != null && (text.contains("(unhealthy)") || text.contains("(health: starting)"));
    return "running".equals(state) && !sick ? Status.SERVING : Status.WAITING;
  }

  private static Map<String, String> networks(com.github.dockerjava.api.model.Container from) {
    Map<String, String> networks = new HashMap<>();
    if (from.getNetworkSettings() != null && from.getNetworkSettings().getNetworks() != null) {
      from.getNetworkSettings()
          .getNetworks()
          .forEach((name, network) -> address(network).ifPresent(text -> networks.put(name, text)));
    }
    return networks;
  }

  private static Optional<String> address(ContainerNetwork network) {
    return Optional.ofNullable(network.getIpAddress())
        .filter(text -> !text.isEmpty())
        .or(() -> Optional.ofNullable(network.getGlobalIPv6Address()))
        .filter(text -> !text.isEmpty());
  }

  private static List<Port> ports(ContainerPort @Nullable [] from) {
    List<Port> ports = new ArrayList<>();
    for (ContainerPort port : from == null ? new ContainerPort[0] : from) {
      if ("tcp".equals(port.getType()) && port.getPrivatePort() != null) {
        Integer outside = port.getPublicPort();
        String address = port.getIp() == null ? "" : port.getIp();
        ports.add(
            new Port(
                port.getPrivatePort(),
                outside == null || outside == 0
                    ? Optional.empty()
                    : Optional.of(new Published(address, outside))));
      }
    }
    return ports;
  }
}
