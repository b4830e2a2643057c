package io.upstream4j.core.config;

import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Problems;
import java.util.List;

/**
 * Counts the servers of all upstreams of a configuration. A short file that many upstreams include
 * may result in many servers. Not thread-safe.
 */
final class ServerCount {
  private final Problems problems;
  private int total;

  ServerCount(Problems problems) {
    this.problems = problems;
  }

  /** Returns whether there are too many, so that no further upstream needs to be read. */
  boolean isExceeded() {
    return total > ConfigLoader.MAX_SERVERS;
  }

  /**
   * Counts the servers of an upstream. Reports a problem and returns false when there are too many.
   */
  boolean add(List<Node.Entry> options, Location location, String path) {
    for (Node.Entry option : options) {
      total += option.value() instanceof Node.Sequence list ? list.items().size() : 0;
    }
    if (isExceeded()) {
      problems.add(
          location,
          path,
          "with it, the upstreams name "
              + total
              + " servers, those of included files counted for each (expected: at most "
              + ConfigLoader.MAX_SERVERS
              + " in all)");
    }
    return !isExceeded();
  }
}
