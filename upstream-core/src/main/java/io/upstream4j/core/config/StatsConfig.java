package io.upstream4j.core.config;

/**
 * Which statistics are exposed per backend. All of them are counted in any case, but with thousands
 * of backends there may be too many series to store.
 *
 * @param backends requests, failures and state of each backend
 * @param connections connections of each backend
 */
public record StatsConfig(boolean backends, boolean connections) {
  /** Exposes all statistics. */
  public static final StatsConfig ALL = new StatsConfig(true, true);
}
