package io.upstream4j.discovery.dns;

import io.upstream4j.api.spi.Backend;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How a look-up ended that did not fail. */
sealed interface Outcome {
  /** How long it holds. */
  Duration ttl();

  /** What failed on the way, an earlier answer having taken its place; null when nothing did. */
  @Nullable IOException trouble();

  /**
   * There are backends.
   *
   * @param backends at least one, each endpoint once
   * @param asOf when the newest of the answers came, in the scheduler's nanoseconds
   */
  record Found(List<Backend> backends, Duration ttl, long asOf, @Nullable IOException trouble)
      implements Outcome {
    public Found {
      backends = List.copyOf(backends);
    }
  }

  /**
   * There are none.
   *
   * @param reason in words
   */
  record Empty(String reason, Duration ttl, @Nullable IOException trouble) implements Outcome {}
}
