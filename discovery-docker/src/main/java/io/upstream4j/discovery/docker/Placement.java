package io.upstream4j.discovery.docker;

import io.upstream4j.api.spi.Attributes;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.discovery.docker.Container.Port;
import io.upstream4j.discovery.docker.Container.Published;
import io.upstream4j.discovery.docker.Engine.Surroundings;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Chooses the address at which a container is reached.
 *
 * @param address the kind of address to use
 * @param network the network to use when a container is in several
 * @param engineHost the host at which published ports are reached
 */
record Placement(AddressKind address, Optional<String> network, String engineHost) {
  /** The kind of a container's address. */
  enum AddressKind {
    /** Its own address, in a network that it shares with this process. */
    CONTAINER,
    /** The address of the host that forwards connections. */
    PUBLISHED
  }

  private static final String LOOPBACK = "127.0.0.1";
  private static final Set<String> ALL_ADDRESSES = Set.of("", "0.0.0.0", "::");

  /**
   * Creates the backend of a container.
   *
   * @param surroundings where this process runs
   * @throws IllegalArgumentException when the container cannot be reached in this way; the message
   *     says why
   */
  Backend backend(Container container, Entry entry, Surroundings surroundings) {
    Labels labels = new Labels(container.labels());
    if (container.networkOf().isPresent()
        && container.networks().isEmpty()
        && !container.onHost()) {
      throw new IllegalArgumentException(
          "has the network of container "
              + container.networkOf().get()
              + ", which has no address or does not run");
    }
    int port = port(container, labels, entry);
    Endpoint endpoint = endpoint(container, labels, port, surroundings);
    int weight = labels.weight().orElse(entry.weight().orElse(1));
    return new Backend(endpoint, weight, attributes(container, labels, entry, port));
  }

  private static Attributes attributes(Container container, Labels labels, Entry entry, int port) {
    // By name, so that a container recreated with another address keeps its keys.
    Attributes attributes =
        entry.attributes().with(Attributes.SERVER, container.name() + ":" + port);
    OptionalInt priority = labels.priority();
    if (priority.isPresent()) {
      attributes = attributes.with(Attributes.PRIORITY, priority.getAsInt());
    }
    Optional<String> zone = labels.zone();
    return zone.isPresent() ? attributes.with(Attributes.ZONE, zone.get()) : attributes;
  }

  private static int port(Container container, Labels labels, Entry entry) {
    OptionalInt given = labels.port().isPresent() ? labels.port() : entry.port();
    if (given.isPresent()) {
      return given.getAsInt();
    }
    Set<Integer> exposed =
        container.ports().stream().map(Port::number).collect(Collectors.toCollection(TreeSet::new));
    if (exposed.size() == 1) {
      return exposed.iterator().next();
    }
    throw new IllegalArgumentException(
        (exposed.isEmpty() ? "exposes no port" : "exposes the ports " + exposed)
            + " (expected: the label "
            + Labels.PORT
            + ", or a port behind \""
            + entry.text()
            + "\")");
  }

  private Endpoint endpoint(
      Container container, Labels labels, int port, Surroundings surroundings) {
    // In a container, the loopback address is not the host's.
    String host = engineHost.equals(LOOPBACK) ? surroundings.host().orElse(LOOPBACK) : engineHost;
    if (container.onHost()) {
      return new Endpoint(host, port);
    }
    return switch (address) {
      case CONTAINER -> new Endpoint(ownAddress(container, labels, surroundings.networks()), port);
      case PUBLISHED -> published(container, port, host);
    };
  }

  private String ownAddress(Container container, Labels labels, Set<String> ownNetworks) {
    Set<String> all = new TreeSet<>(container.networks().keySet());
    Optional<String> named = labels.network().or(() -> network);
    if (named.isPresent()) {
      String address = container.networks().get(named.get());
      if (address == null) {
        throw new IllegalArgumentException(
            "has no address in the network \"" + named.get() + "\", but in " + all);
      }
      return address;
    }
    Set<String> shared = new TreeSet<>(all);
    shared.retainAll(ownNetworks);
    Set<String> usable = shared.isEmpty() ? all : shared;
    String only = container.networks().get(usable.stream().findFirst().orElse(""));
    if (usable.size() == 1 && only != null) {
      return only;
    }
    throw new IllegalArgumentException(
        usable.isEmpty()
            ? "has no address in any network (expected: one, or address: published)"
            : "is in the networks "
                + usable
                + " (expected: one of them as the option network or the label "
                + Labels.NETWORK
                + ")");
  }

  private static Endpoint published(Container container, int port, String engineHost) {
    List<Published> found =
        container.ports().stream()
            .filter(each -> each.number() == port)
            .flatMap(each -> each.published().stream())
            .toList();
    if (found.isEmpty()) {
      throw new IllegalArgumentException(
          "does not publish its port " + port + " (expected: that it does, or address: container)");
    }
    Published first = found.get(0);
    boolean isHostsOwn = first.address().startsWith("127.") || first.address().equals("::1");
    if (isHostsOwn && !engineHost.equals(LOOPBACK)) {
      throw new IllegalArgumentException(
          "publishes its port "
              + port
              + " at "
              + first.address()
              + " of the engine's host (expected: at an address that is reached from here)");
    }
    String address = ALL_ADDRESSES.contains(first.address()) ? engineHost : first.address();
    return new Endpoint(address, first.port());
  }
}
