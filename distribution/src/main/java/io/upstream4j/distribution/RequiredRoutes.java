package io.upstream4j.distribution;

import io.upstream4j.api.option.ConfigException;
import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Problem;
import io.upstream4j.core.config.Config;
import io.upstream4j.core.config.UpstreamConfig;
import java.util.List;
import java.util.stream.Collectors;

/** Checks the additional requirements of a gateway on a configuration. */
final class RequiredRoutes {
  private static final int MAX_NAMED = 3;

  private RequiredRoutes() {}

  /**
   * Returns the configuration if it determines the upstream of every request: it has routes or only
   * one upstream.
   *
   * @throws ConfigException when it does not
   */
  static Config checked(Config config) {
    if (config.upstreams().size() < 2 || !config.routes().isEmpty()) {
      return config;
    }
    List<UpstreamConfig> all = List.copyOf(config.upstreams().values());
    String names =
        all.stream()
            .limit(MAX_NAMED)
            .map(upstream -> "\"" + upstream.name() + "\"")
            .collect(Collectors.joining(", "));
    Location second = all.get(1).source().location();
    throw new ConfigException(
        List.of(
            new Problem(
                new Location(second.source(), 1, 1),
                "routes",
                "missing, so that requests find none of the "
                    + all.size()
                    + " upstreams, "
                    + names
                    + (all.size() > MAX_NAMED ? " and others" : "")
                    + " (expected: a list such as [{ path: /, upstream: "
                    + all.get(0).name()
                    + " }]; a single upstream needs no routes)")));
  }
}
