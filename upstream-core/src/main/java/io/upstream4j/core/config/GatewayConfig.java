package io.upstream4j.core.config;

import static java.util.Objects.requireNonNull;

/**
 * The gateway's settings for clients.
 *
 * @param limits limits on data from clients and on memory for slow ones
 * @param paths how the paths of requests are read
 */
public record GatewayConfig(GatewayLimits limits, PathRules paths) {
  /** The settings without a section {@code gateway}. */
  public static final GatewayConfig DEFAULT =
      new GatewayConfig(GatewayLimits.DEFAULT, PathRules.DEFAULT);

  /** Checks the components. */
  public GatewayConfig {
    requireNonNull(limits, "limits");
    requireNonNull(paths, "paths");
  }
}
