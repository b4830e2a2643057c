package io.upstream4j.metrics.micrometer;

import java.time.Instant;

/** The meters of the configuration and of events. */
final class ConfigMeters {
  private ConfigMeters() {}

  static void register(Meters<Readings> meters) {
    meters
        .counter(
            "upstream4j.config.applied",
            "Configurations that took effect, the first among them",
            readings -> readings.config().applied())
        .counter(
            "upstream4j.config.refused",
            "Configurations that were refused, so that the one before stays",
            readings -> readings.config().refused())
        .counter(
            "upstream4j.events.dropped",
            "Events that a listener was too slow for, such as a webhook's",
            Readings::droppedEvents)
        .timestamp(
            "upstream4j.config.last.applied.timestamp",
            "When a configuration took effect last",
            readings -> readings.config().lastApplied().map(Instant::getEpochSecond).orElse(0L));
  }
}
