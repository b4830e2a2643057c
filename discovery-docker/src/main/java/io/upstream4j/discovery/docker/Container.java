package io.upstream4j.discovery.docker;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A running container, as the engine describes it.
 *
 * @param id the full id
 * @param name without the leading slash; unique on an engine
 * @param labels its own and those of its image
 * @param status whether it may receive requests
 * @param onHost whether it uses the host's network instead of its own
 * @param networkOf the id or name of the container whose network it uses; empty for its own
 * @param networks addresses by network name, without networks that have no address and without the
 *     swarm's ingress network
 * @param ports its TCP ports
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

  /** Whether a container may receive requests. */
  enum Status {
    /** It runs, and its health check, if any, succeeds. */
    SERVING,
    /** It is paused, stopped, restarting, starting or unhealthy. */
    WAITING
  }

  /**
   * A port that the container exposes.
   *
   * @param number the port inside the container
   * @param published where the port is reachable from outside, if it is published
   */
  record Port(int number, Optional<Published> published) {}

  /**
   * The address at which the host forwards connections.
   *
   * @param address an address of the host, or the unspecified address for all of them
   * @param port the port of the host
   */
  record Published(String address, int port) {}
}
