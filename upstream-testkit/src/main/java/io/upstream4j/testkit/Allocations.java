package io.upstream4j.testkit;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** Measures the allocations of the calling thread. */
public final class Allocations {
  private static final int ROUNDS = 50;

  private Allocations() {}

  /**
   * Runs a task up to 50 times, until a run allocates nothing. Early runs also load classes and
   * compile code; code that really allocates does so in every run.
   *
   * @return the least number of bytes that a run allocated
   */
  public static long leastBytesOf(Runnable task) {
    ThreadMXBean thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long least = Long.MAX_VALUE;
    for (int round = 0; round < ROUNDS && least > 0; round++) {
      long before = thread.getCurrentThreadAllocatedBytes();
      task.run();
      least = Math.min(least, thread.getCurrentThreadAllocatedBytes() - before);
    }
    return least;
  }
}
