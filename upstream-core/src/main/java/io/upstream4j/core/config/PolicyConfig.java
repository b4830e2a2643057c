package io.upstream4j.core.config;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Policies of picks for all load balancers.
 *
 * @param slowStart how long the share of a new or recovered backend takes to grow; empty for no
 *     slow start
 * @param slowStartAggression 1 for linear growth; a greater value grows faster at the beginning
 * @param maxRequestsPerBackend the requests in flight per backend; empty for no limit
 * @param zone the zone of this process, whose backends are preferred; empty for no preference
 * @param overprovisioningPercent how much of a tier's load its healthy backends can take, in
 *     percent of their share; requests beyond that go to the next tier
 * @param panicThresholdPercent the percentage of healthy backends below which health is ignored; 0
 *     for never
 * @param allDown what happens when no backend is healthy
 */
public record PolicyConfig(
    Optional<Duration> slowStart,
    double slowStartAggression,
    OptionalInt maxRequestsPerBackend,
    Optional<String> zone,
    int overprovisioningPercent,
    int panicThresholdPercent,
    AllDown allDown) {
  /** What happens when no backend is healthy. */
  public enum AllDown {
    /** Requests are refused. */
    FAIL,
    /** Requests go to unhealthy backends. */
    IGNORE_HEALTH
  }

  /** All policies are off. */
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
