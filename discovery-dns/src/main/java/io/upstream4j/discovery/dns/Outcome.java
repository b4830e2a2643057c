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

  /**
   * What failed on the way so that something is missing or comes from an earlier answer; null when
   * nothing did.
   */
  @Nullable IOException trouble();

  /** Whether every question was answered; if not, it is to be asked again before it runs out. */
  boolean isComplete();

  /**
   * There are backends.
   *
   * @param backends at least one, each endpoint once
   * @param asOf when the newest of the answers came, in the scheduler's nanoseconds
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
   * There are none.
   *
   * @param reason in words
   */
  record Empty(String reason, Duration ttl, @Nullable IOException trouble) implements Outcome {
    @Override
    public boolean isComplete() {
      return trouble == null;
    }
  }
}
