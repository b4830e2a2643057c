package io.upstream4j.core.config;

import io.upstream4j.api.option.Option;
import java.util.List;

/**
 * The keys of a configuration, for programs that describe or write one. Those of plug-ins are told
 * by {@link io.upstream4j.api.spi.Plugin#options()}.
 */
public final class ConfigKeys {
  private ConfigKeys() {}

  /** The keys at the top of a file. */
  public static List<Option<?>> top() {
    return ConfigReader.ALL;
  }

  /** The keys of an upstream. */
  public static List<Option<?>> upstream() {
    return Keys.ALL;
  }

  /** The keys of a mapping under {@code health_check} that stand beside the type. */
  public static List<Option<?>> healthCheck() {
    return Keys.OF_HEALTH_CHECK;
  }

  /** The keys of a mapping under {@code retries}. */
  public static List<Option<?>> retries() {
    return Keys.OF_RETRIES;
  }

  /** The keys of a mapping under {@code tls}. */
  public static List<Option<?>> tls() {
    return TlsReader.ALL;
  }

  /** The keys of the mapping under {@code gateway}. */
  public static List<Option<?>> gateway() {
    return ConfigReader.OF_GATEWAY;
  }

  /** The keys of the mapping under {@code limits} of {@code gateway}. */
  public static List<Option<?>> gatewayLimits() {
    return GatewayLimits.ALL;
  }

  /** The keys of a route. */
  public static List<Option<?>> route() {
    return RouteReader.ALL;
  }

  /** The keys of a mapping under a route's {@code path}, of which it has one. */
  public static List<Option<?>> routePath() {
    return RouteReader.OF_PATH;
  }
}
