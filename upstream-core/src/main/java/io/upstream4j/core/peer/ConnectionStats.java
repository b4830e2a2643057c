package io.upstream4j.core.peer;

import java.util.EnumMap;
import java.util.Map;

/**
 * The state of the pool of connections to one peer. Totals are since the pool was created.
 *
 * @param opened connections that were opened
 * @param failed connections that could not be opened
 * @param reused how often a pooled connection served another request
 * @param closings closed connections by reason; contains every reason
 * @param idle connections that are idle now
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
  /** The statistics of an unused pool. */
  public static final ConnectionStats NONE = new ConnectionStats(0, 0, 0, Map.of(), 0, 0, 0);

  /** Copies the components and adds missing reasons with a count of 0. */
  public ConnectionStats {
    Map<CloseReason, Long> all = new EnumMap<>(CloseReason.class);
    for (CloseReason reason : CloseReason.values()) {
      all.put(reason, closings.getOrDefault(reason, 0L));
    }
    closings = Map.copyOf(all);
  }

  /** Returns the sums of two pools. */
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

  /** Returns the total number of closed connections. */
  public long closed() {
    return closings.values().stream().mapToLong(Long::longValue).sum();
  }
}
