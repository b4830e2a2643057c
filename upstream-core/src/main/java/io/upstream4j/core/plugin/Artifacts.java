package io.upstream4j.core.plugin;

import io.upstream4j.api.spi.DiscoveryProvider;
import io.upstream4j.api.spi.HealthChecker;
import io.upstream4j.api.spi.LoadBalancerProvider;
import io.upstream4j.api.spi.Plugin;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The artifacts that provide the documented types, for messages about a missing type. */
final class Artifacts {
  private static final Map<Class<? extends Plugin>, Map<String, String>> NAMES =
      Map.of(
          LoadBalancerProvider.class,
          Map.of(
              "round_robin", "lb-roundrobin",
              "consistent", "lb-consistent",
              "least_request", "lb-leastload",
              "peak_ewma", "lb-leastload",
              "random", "lb-leastload",
              "transparent", "lb-transparent"),
          DiscoveryProvider.class,
          Map.of(
              "static", "discovery-static",
              "dns", "discovery-dns",
              "docker", "discovery-docker"),
          HealthChecker.class,
          Map.of("http", "health-http", "grpc", "health-http"));

  private Artifacts() {}

  /**
   * Returns the coordinates of the artifact that provides a type, or null when it is not a type of
   * this project.
   */
  static @Nullable String of(Class<? extends Plugin> kind, String type) {
    String name = NAMES.getOrDefault(kind, Map.of()).get(type);
    return name == null ? null : "io.upstream4j:" + name;
  }
}
