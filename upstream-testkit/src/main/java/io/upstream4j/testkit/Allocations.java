package io.upstream4j.testkit;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** Measures what the calling thread allocates. */
public final class Allocations {
  private static final int ROUNDS = 50;

  private Allocations() {}

  /**
   * Runs a task up to 50 times, and stops when a run has allocated nothing. The first runs load
   * classes and compile; what allocates does so in every run.
   *
   * @return the bytes that the most frugal run allocated
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
