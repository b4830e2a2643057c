package io.upstream4j.testkit;

import io.upstream4j.api.spi.PluginContext;
import java.time.Duration;

/**
 * A plug-in's context controlled by a test: it advances the clock, runs blocking work and scripts
 * the answers to probes.
 */
public final class FakePluginContext implements PluginContext {
  private final int defaultPort;
  private final FakeScheduler scheduler = new FakeScheduler();
  private final FakeExecutor blocking = new FakeExecutor();
  private final FakeProbeClient probes = new FakeProbeClient();

  /** Creates the context of an upstream named {@code test} whose default port is 80. */
  public FakePluginContext() {
    this(80);
  }

  /**
   * Creates the context of an upstream named {@code test}.
   *
   * @param defaultPort 1 to 65535
   */
  public FakePluginContext(int defaultPort) {
    this.defaultPort = defaultPort;
  }

  @Override
  public String upstream() {
    return "test";
  }

  @Override
  public int defaultPort() {
    return defaultPort;
  }

  @Override
  public FakeScheduler scheduler() {
    return scheduler;
  }

  @Override
  public FakeExecutor blocking() {
    return blocking;
  }

  @Override
  public FakeProbeClient probes() {
    return probes;
  }

  /** Runs all blocking and scheduled tasks that are due, including those that they add. */
  public void runReady() {
    advance(Duration.ZERO);
  }

  /**
   * Advances the clock in steps of at most one second, and runs the tasks that become due,
   * including blocking work.
   */
  public void advance(Duration time) {
    Duration left = time;
    do {
      Duration step = left.compareTo(Duration.ofSeconds(1)) < 0 ? left : Duration.ofSeconds(1);
      scheduler.advance(step);
      while (blocking.pending() > 0) {
        blocking.runReady();
        scheduler.runReady();
      }
      left = left.minus(step);
    } while (!left.isZero());
  }
}
