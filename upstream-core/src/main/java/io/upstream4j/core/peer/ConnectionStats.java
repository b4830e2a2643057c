package io.upstream4j.core.peer;

import java.util.EnumMap;
import java.util.Map;

/**
 * The pool of connections to one peer at one moment. Counts are since the pool was made.
 *
 * @param opened connections that were opened
 * @param failed connections that could not be opened
 * @param reused times a pooled connection served another request
 * @param closings connections that were closed, by reason, each of which is there
 * @param idle connections that wait for a request now
 * @param inUse connections that serve a request now
 * @param pending requests that wait for a connection now
 */
public record ConnectionStats(
    long opened,
    long failed,
    long reused,
    Map<CloseReason, Long> closings,
    int idle,
    int inUse,
    int pending) {
  /** A pool that nobody used yet. */
  public static final ConnectionStats NONE = new ConnectionStats(0, 0, 0, Map.of(), 0, 0, 0);

  /** Copies the components; a reason that is not given is one with 0. */
  public ConnectionStats {
    Map<CloseReason, Long> all = new EnumMap<>(CloseReason.class);
    for (CloseReason reason : CloseReason.values()) {
      all.put(reason, closings.getOrDefault(reason, 0L));
    }
    closings = Map.copyOf(all);
  }

  /** Both pools as one. */
  public ConnectionStats plus(ConnectionStats other) {
    Map<CloseReason, Long> both = new EnumMap<>(closings);
    other.closings.forEach((reason, count) -> both.merge(reason, count, Long::sum));
    return new ConnectionStats(
        opened + other.opened,
        failed + other.failed,
        reused + other.reused,
        both,
        idle + other.idle,
        inUse + other.inUse,
        pending + other.pending);
  }

  /** Connections that were closed. */
  public long closed() {
    return closings.values().stream().mapToLong(Long::longValue).sum();
  }
}
