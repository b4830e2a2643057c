package io.upstream4j.distribution.admin;

import io.upstream4j.core.Upstreams;
import io.upstream4j.distribution.gateway.Gateway;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Whether clients should be sent to this process. It is ready once it listens and the discovery of
 * each upstream has answered, failed or had five seconds. It stays ready, whatever happens to an
 * upstream, until the gateway is about to stop. Thread-safe.
 */
final class Readiness {
  static final long FIRST_ANSWER_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final Upstreams upstreams;
  private final Gateway gateway;
  private final LongSupplier nanoTime;
  private final long began;
  private volatile boolean started;

  /** The readiness of the process. */
  enum State {
    STARTING,
    READY,
    DRAINING
  }

  /** Starts the time for first answers. */
  Readiness(Upstreams upstreams, Gateway gateway, LongSupplier nanoTime) {
    this.upstreams = upstreams;
    this.gateway = gateway;
    this.nanoTime = nanoTime;
    this.began = nanoTime.getAsLong();
  }

  State state() {
    if (gateway.isLeaving()) {
      return State.DRAINING;
    }
    if (!started && gateway.isListening()) {
      started =
          nanoTime.getAsLong() - began >= FIRST_ANSWER_NANOS
              || upstreams.all().stream().allMatch(upstream -> upstream.live().isFound());
    }
    return started ? State.READY : State.STARTING;
  }
}
