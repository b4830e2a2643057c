package io.upstream4j.core.connect;

/**
 * How many connections were in use at the same time in the last seconds. Rises at once, and falls
 * by an eighth with each look at it. Confined to an event loop.
 */
final class RecentUse {
  private static final int FALL = 8;

  private int recent;
  private int sinceLook;

  /** So many are in use now. */
  void note(int inUse) {
    if (inUse > sinceLook) {
      sinceLook = inUse;
    }
  }

  /**
   * Returns how many were in use recently, and begins to forget them.
   *
   * @param inUse now
   */
  int look(int inUse) {
    recent = Math.max(sinceLook, recent - (recent + FALL - 1) / FALL);
    sinceLook = inUse;
    return recent;
  }
}
