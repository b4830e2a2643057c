package io.upstream4j.core.config;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A whole configuration, checked.
 *
 * @param upstreams by name, in the order of the file
 * @param routes of the gateway; empty when a single upstream takes everything
 */
public record Config(Map<String, UpstreamConfig> upstreams, List<Route> routes) {
  /** Copies the components. */
  public Config {
    upstreams = Collections.unmodifiableMap(new LinkedHashMap<>(upstreams));
    routes = List.copyOf(routes);
  }
}
