package io.upstream4j.discovery.docker;

import com.github.dockerjava.api.model.ContainerHostConfig;
import com.github.dockerjava.api.model.ContainerNetwork;
import com.github.dockerjava.api.model.ContainerNetworkSettings;
import com.github.dockerjava.api.model.ContainerPort;
import io.upstream4j.discovery.docker.Container.Port;
import io.upstream4j.discovery.docker.Container.Published;
import io.upstream4j.discovery.docker.Container.Status;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Converts docker-java's containers. */
final class ContainerReader {
  private static final String HOST = "host";
  private static final String OF_CONTAINER = "container:";

  private ContainerReader() {}

  /**
   * Converts a container.
   *
   * @param ingress the names of the swarm's ingress networks, at whose addresses only the swarm
   *     itself reaches a container
   */
  static Container read(com.github.dockerjava.api.model.Container from, Set<String> ingress) {
    ContainerHostConfig host = from.getHostConfig();
    String mode = host == null || host.getNetworkMode() == null ? "" : host.getNetworkMode();
    Map<String, ContainerNetwork> all = allNetworks(from);
    Map<String, String> networks = addresses(all, ingress);
    return new Container(
        from.getId(),
        name(from),
        labels(from),
        status(from.getState(), from.getStatus()),
        // Podman reports the mode host for all containers, but lists their networks.
        networks.isEmpty() && (all.isEmpty() ? mode.equals(HOST) : all.containsKey(HOST)),
        mode.startsWith(OF_CONTAINER)
            ? Optional.of(mode.substring(OF_CONTAINER.length()))
            : Optional.empty(),
        networks,
        ports(from.getPorts()));
  }

  private static String name(com.github.dockerjava.api.model.Container from) {
    String[] names = from.getNames();
    if (names == null || names.length == 0) {
      return from.getId();
    }
    // Links from other containers appear as names like /other/alias; the own name has one slash.
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
   * Reads the status of a container. The list reports its health only in a text for people, such as
   * {@code Up 5 seconds (health: starting)}.
   */
  private static Status status(@Nullable String state, @Nullable String text) {
    boolean sick =
        text != null && (text.contains("(unhealthy)") || text.contains("(health: starting)"));
    return "running".equals(state) && !sick ? Status.SERVING : Status.WAITING;
  }

  /** Returns the names of all networks of a container. */
  static Set<String> networkNames(com.github.dockerjava.api.model.Container from) {
    return allNetworks(from).keySet();
  }

  private static Map<String, ContainerNetwork> allNetworks(
      com.github.dockerjava.api.model.Container from) {
    ContainerNetworkSettings settings = from.getNetworkSettings();
    Map<String, ContainerNetwork> networks = settings == null ? null : settings.getNetworks();
    return networks == null ? Map.of() : networks;
  }

  private static Map<String, String> addresses(
      Map<String, ContainerNetwork> all, Set<String> ingress) {
    Map<String, String> networks = new HashMap<>();
    all.forEach(
        (name, network) -> {
          if (network != null && !ingress.contains(name)) {
            address(network).ifPresent(text -> networks.put(name, text));
          }
        });
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
