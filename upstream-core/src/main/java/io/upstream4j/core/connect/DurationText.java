package io.upstream4j.core.connect;

import java.time.Duration;

/** How values read in messages. */
final class DurationText {
  private DurationText() {}

  /** {@code 5s}, {@code 250ms}: as they are written in a configuration. */
  static String of(Duration duration) {
    long millis = duration.toMillis();
    if (millis == 0) {
      return duration.toNanos() + "ns";
    }
    return millis % 1_000 == 0 ? millis / 1_000 + "s" : millis + "ms";
  }
}
