package io.upstream4j.discovery.docker;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the engine tells of a container that runs.
 *
 * @param id the long one
 * @param name without the slash before it; unique on an engine
 * @param labels its own and those of its image
 * @param status whether it may have requests
 * @param onHost whether it has the network of the host and none of its own
 * @param networkOf the id or name of the container whose network it has; empty for its own
 * @param networks addresses by the name of the network; without those that have no address, and
 *     without swarm's ingress network
 * @param ports of TCP
 */
record Container(
    String id,
    String name,
    Map<String, String> labels,
    Status status,
    boolean onHost,
    Optional<String> networkOf,
    Map<String, String> networks,
    List<Port> ports) {
  Container {
    labels = Map.copyOf(labels);
    networks = Map.copyOf(networks);
    ports = List.copyOf(ports);
  }

  /** Whether a container may have requests. */
  enum Status {
    /** It runs, and its health check, if there is one, is satisfied. */
    SERVING,
    /** It is paused, stopped, restarting, starting or unhealthy. */
    WAITING
  }

  /**
   * A port that the container says it listens to.
   *
   * @param number inside the container
   * @param published the address and port of the host where it can be reached from outside
   */
  record Port(int number, Optional<Published> published) {}

  /**
   * Where the host passes connections on.
   *
   * @param address of the host; an unspecified one for all it has
   * @param port of the host
   */
  record Published(String address, int port) {}
}
