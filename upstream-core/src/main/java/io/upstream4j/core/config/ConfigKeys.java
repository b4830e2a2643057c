package io.upstream4j.core.config;

import io.upstream4j.api.option.Option;
import java.util.List;

/**
 * The keys of a configuration, for programs that describe or write one. The keys of plug-ins are in
 * {@link io.upstream4j.api.spi.Plugin#options()}.
 */
public final class ConfigKeys {
  private ConfigKeys() {}

  /** Returns the top-level keys of a file. */
  public static List<Option<?>> top() {
    return ConfigReader.ALL;
  }

  /** Returns the keys of an upstream. */
  public static List<Option<?>> upstream() {
    return Keys.ALL;
  }

  /** Returns the keys of a mapping under {@code health_check}, other than the type. */
  public static List<Option<?>> healthCheck() {
    return Keys.OF_HEALTH_CHECK;
  }

  /** Returns the keys of a mapping under {@code retries}. */
  public static List<Option<?>> retries() {
    return Keys.OF_RETRIES;
  }

  /** Returns the keys of a mapping under {@code tls}. */
  public static List<Option<?>> tls() {
    return TlsReader.ALL;
  }

  /** Returns the keys of the mapping under {@code gateway}. */
  public static List<Option<?>> gateway() {
    return ConfigReader.OF_GATEWAY;
  }

  /** Returns the keys of the mapping under {@code limits} of {@code gateway}. */
  public static List<Option<?>> gatewayLimits() {
    return GatewayLimits.ALL;
  }

  /** Returns the keys of a route. */
  public static List<Option<?>> route() {
    return RouteReader.ALL;
  }

  /** Returns the keys of a mapping under a route's {@code path}, which has exactly one of them. */
  public static List<Option<?>> routePath() {
    return RouteReader.OF_PATH;
  }
}
