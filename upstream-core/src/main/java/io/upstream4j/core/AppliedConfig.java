package io.upstream4j.core;

import io.upstream4j.core.config.Route;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What is in force at one moment: swapped as one. Whoever keeps something made of it, such as a
 * table of routes, tells by the object's identity whether that is still so.
 *
 * @param upstreams by name, in the order of the file
 * @param routes the gateway's; each names one of them
 */
public record AppliedConfig(Map<String, Upstream> upstreams, List<Route> routes) {
  /** Copies the components. */
  public AppliedConfig {
    upstreams = Collections.unmodifiableMap(new LinkedHashMap<>(upstreams));
    routes = List.copyOf(routes);
  }

  boolean isReady() {
    return upstreams.values().stream().allMatch(Upstream::isReady);
  }

  List<String> unready() {
    List<String> unready = new ArrayList<>();
    for (Upstream upstream : upstreams.values()) {
      UpstreamRuntime runtime = upstream.runtime();
      if (runtime != null) {
        runtime.unreadiness().ifPresent(unready::add);
      }
    }
    return unready;
  }
}
