package io.upstream4j.discovery.dns;

import io.upstream4j.api.spi.Backend;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The result of a look-up that did not fail. */
sealed interface Outcome {
  /** Returns how long the result is valid. */
  Duration ttl();

  /**
   * Returns the failure because of which a part is missing or taken from an earlier answer, or
   * null.
   */
  @Nullable IOException trouble();

  /**
   * Returns whether every question was answered. If not, it is retried before the result expires.
   */
  boolean isComplete();

  /**
   * The backends that were found.
   *
   * @param backends at least one, each endpoint once
   * @param asOf the time of the newest answer, in the scheduler's nanoseconds
   */
  record Found(
      List<Backend> backends,
      Duration ttl,
      long asOf,
      @Nullable IOException trouble,
      boolean isComplete)
      implements Outcome {
    public Found {
      backends = List.copyOf(backends);
    }
  }

  /**
   * An answer without backends.
   *
   * @param reason the reason, for people
   */
  record Empty(String reason, Duration ttl, @Nullable IOException trouble) implements Outcome {
    @Override
    public boolean isComplete() {
      return trouble == null;
    }
  }
}
