package io.upstream4j.core.stats;

import io.upstream4j.api.spi.Backend;
import io.upstream4j.core.peer.ConnectionStats;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * One backend at one moment. Counts are since it was found.
 *
 * @param backend the backend, with the weight in force
 * @param admin what the operator wants of it
 * @param weightOverride the operator's weight; empty while that of the discovery is in force
 * @param healthy what its health check says
 * @param reason of the last change of its health; empty before the first
 * @param since when its health changed last, or when it was found
 * @param circuit whether its requests pass, rather than none or one at a time because too many
 *     failed
 * @param inFlight requests that it has been given and that have not ended
 * @param requests requests that it has been given
 * @param failures requests among them that got no response
 * @param latency from the pick to the head of the response
 * @param connections its pool
 */
public record BackendStats(
    Backend backend,
    AdminState admin,
    OptionalInt weightOverride,
    boolean healthy,
    Optional<String> reason,
    Instant since,
    CircuitState circuit,
    int inFlight,
    long requests,
    long failures,
    Durations latency,
    ConnectionStats connections) {
  /** Whether all its requests pass, rather than none or one at a time. */
  public boolean circuitClosed() {
    return circuit == CircuitState.CLOSED;
  }
}
