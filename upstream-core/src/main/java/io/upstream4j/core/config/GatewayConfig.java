package io.upstream4j.core.config;

import static java.util.Objects.requireNonNull;

/**
 * What concerns the clients of a gateway.
 *
 * @param limits how much is accepted from them, and held for slow ones
 * @param paths how the paths of requests are read
 */
public record GatewayConfig(GatewayLimits limits, PathRules paths) {
  /** What holds without a section {@code gateway}. */
  public static final GatewayConfig DEFAULT =
      new GatewayConfig(GatewayLimits.DEFAULT, PathRules.DEFAULT);

  /** Checks the components. */
  public GatewayConfig {
    requireNonNull(limits, "limits");
    requireNonNull(paths, "paths");
  }
}
