package io.upstream4j.core;

import io.upstream4j.core.config.GatewayConfig;
import io.upstream4j.core.config.Route;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What is in force at one moment: swapped as one. Whoever keeps something made of it, such as a
 * table of routes, tells by the object's identity whether that is still so. Immutable.
 */
public final class AppliedConfig {
  private final Map<String, Upstream> upstreams;
  private final List<Route> routes;
  private final GatewayConfig gateway;

  AppliedConfig(Map<String, Upstream> upstreams, List<Route> routes, GatewayConfig gateway) {
    this.upstreams = Collections.unmodifiableMap(new LinkedHashMap<>(upstreams));
    this.routes = List.copyOf(routes);
    this.gateway = gateway;
  }

  /** By name, in the order of the file. */
  public Map<String, Upstream> upstreams() {
    return upstreams;
  }

  /** The gateway's routes; each names one of the upstreams. */
  public List<Route> routes() {
    return routes;
  }

  /** What concerns the gateway's clients. */
  public GatewayConfig gateway() {
    return gateway;
  }

  boolean isReady() {
    return upstreams.values().stream().allMatch(Upstream::isReady);
  }

  List<String> unready() {
    List<String> unready = new ArrayList<>();
    for (Upstream upstream : upstreams.values()) {
      UpstreamRuntime runtime = upstream.runtime();
      if (runtime != null) {
        runtime.unreadiness().ifPresent(reason -> unready.add(upstream + ": " + reason));
      }
    }
    return unready;
  }
}
