package io.upstream4j.core.config;

/**
 * What of an upstream's backends is told one by one, to whoever gathers it. Everything is counted
 * in any case; with thousands of backends the series of each may be more than one wants to keep.
 *
 * @param backends their requests, failures and state
 * @param connections their connections
 */
public record StatsConfig(boolean backends, boolean connections) {
  /** All of it. */
  public static final StatsConfig ALL = new StatsConfig(true, true);
}
