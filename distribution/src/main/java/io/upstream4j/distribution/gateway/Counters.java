package io.upstream4j.distribution.gateway;

import io.upstream4j.core.connect.memory.MemoryBudget;
import java.util.concurrent.atomic.LongAdder;

/** The gateway's counters, updated by all event loops. */
final class Counters {
  final LongAdder accepted = new LongAdder();
  final LongAdder requests = new LongAdder();
  final LongAdder ended = new LongAdder();
  final LongAdder errors = new LongAdder();
  final LongAdder retries = new LongAdder();
  final LongAdder aborted = new LongAdder();
  final LongAdder broken = new LongAdder();
  final LongAdder shed = new LongAdder();
  final LongAdder evicted = new LongAdder();
  final LongAdder refused = new LongAdder();
  final LongAdder acceptPauses = new LongAdder();
  private final LongAdder[] responses = new LongAdder[6];

  Counters() {
    for (int i = 0; i < responses.length; i++) {
      responses[i] = new LongAdder();
    }
  }

  /** Counts a response by the first digit of its status; greater ones count as 5. */
  void responded(int status) {
    responses[Math.min(status / 100, responses.length - 1)].increment(); // RFC 9110, section 15
  }

  GatewayStats snapshot(int connections, long unlogged, MemoryBudget memory) {
    // Read before the started requests, so that the difference is never negative.
    long over = ended.sum();
    long begun = requests.sum();
    return new GatewayStats(
        accepted.sum(),
        connections,
        begun,
        Math.max(0, begun - over),
        responses[1].sum(),
        responses[2].sum(),
        responses[3].sum(),
        responses[4].sum(),
        responses[5].sum(),
        errors.sum(),
        retries.sum(),
        aborted.sum(),
        broken.sum(),
        shed.sum(),
        unlogged,
        evicted.sum(),
        refused.sum(),
        acceptPauses.sum(),
        memory.used(),
        memory.limit());
  }
}
