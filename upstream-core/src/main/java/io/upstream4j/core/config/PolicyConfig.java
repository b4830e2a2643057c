package io.upstream4j.core.config;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What holds for picks whatever the strategy.
 *
 * @param slowStart how long a new or recovered backend takes to get its whole share; empty for not
 *     at all
 * @param slowStartAggression the greater, the sooner the share grows; 1 for evenly
 * @param maxRequestsPerBackend requests in flight that one backend may have; empty for any number
 * @param zone where this process runs, whose backends are preferred; empty for no preference
 * @param overprovisioningPercent how far the healthy backends of a tier may stand in for the others
 *     before its requests go to the next tier
 * @param panicThresholdPercent with fewer healthy backends than that, health is ignored; 0 for
 *     never
 * @param allDown what is done when no backend is healthy
 */
public record PolicyConfig(
    Optional<Duration> slowStart,
    double slowStartAggression,
    OptionalInt maxRequestsPerBackend,
    Optional<String> zone,
    int overprovisioningPercent,
    int panicThresholdPercent,
    AllDown allDown) {
  /** What is done when no backend is healthy. */
  public enum AllDown {
    /** Requests are refused. */
    FAIL,
    /** Requests go to the unhealthy ones. */
    IGNORE_HEALTH
  }

  /** All policies off. */
  public static final PolicyConfig NONE =
      new PolicyConfig(
          Optional.empty(), 1, OptionalInt.empty(), Optional.empty(), 140, 0, AllDown.FAIL);

  /** Checks the components. */
  public PolicyConfig {
    requireNonNull(slowStart, "slowStart");
    requireNonNull(maxRequestsPerBackend, "maxRequestsPerBackend");
    requireNonNull(zone, "zone");
    requireNonNull(allDown, "allDown");
  }
}
