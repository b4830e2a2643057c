package io.upstream4j.core.runtime;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How many backends the upstreams of one program may have in all. A discovery that answers with
 * more than there is room for counts as failed, so that its upstream keeps what it had. Control
 * loop only.
 */
public final class BackendQuota {
  /**
   * Some 2 KB each, so 1 GB. More than twice what a file may name, as an upstream that takes
   * another's place starts before that one ends.
   */
  static final int MAX_BACKENDS = 500_000;

  private final int limit;
  private final Map<String, Integer> counts = new HashMap<>();
  private int total;

  public BackendQuota() {
    this(MAX_BACKENDS);
  }

  public BackendQuota(int limit) {
    this.limit = limit;
  }

  /**
   * Takes room for all backends of an upstream, in place of what it had.
   *
   * @return why there is none; null when there is
   */
  public @Nullable String take(String upstream, int backends) {
    int before = counts.getOrDefault(upstream, 0);
    if (backends > before && backends > limit - (total - before)) {
      return "it found "
          + backends
          + " backends, and the other upstreams have "
          + (total - before)
          + " (expected: at most "
          + limit
          + " in all)";
    }
    counts.put(upstream, backends);
    total += backends - before;
    return null;
  }

  /** Gives back what an upstream has. */
  public void giveBack(String upstream) {
    Integer before = counts.remove(upstream);
    total -= before == null ? 0 : before;
  }
}
