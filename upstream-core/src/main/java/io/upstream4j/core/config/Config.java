package io.upstream4j.core.config;

import static java.util.Objects.requireNonNull;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A complete, checked configuration.
 *
 * @param upstreams by name, in the order of the file
 * @param routes the gateway's routes; empty when a single upstream receives all requests
 * @param gateway the gateway's settings for clients
 */
public record Config(
    Map<String, UpstreamConfig> upstreams, List<Route> routes, GatewayConfig gateway) {
  /** Copies the components. */
  public Config {
    upstreams = Collections.unmodifiableMap(new LinkedHashMap<>(upstreams));
    routes = List.copyOf(routes);
    requireNonNull(gateway, "gateway");
  }

  /** Creates a configuration with {@link GatewayConfig#DEFAULT}. */
  public Config(Map<String, UpstreamConfig> upstreams, List<Route> routes) {
    this(upstreams, routes, GatewayConfig.DEFAULT);
  }

  /** Returns a copy with other upstreams. */
  public Config withUpstreams(Map<String, UpstreamConfig> others) {
    return new Config(others, routes, gateway);
  }
}
