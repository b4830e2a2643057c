package io.upstream4j.testkit;

import io.upstream4j.api.spi.PluginContext;
import java.time.Duration;

/**
 * A plug-in's surroundings in the hands of a test: time stands still, blocking work waits, probes
 * answer by script.
 */
public final class FakePluginContext implements PluginContext {
  private final int defaultPort;
  private final FakeScheduler scheduler = new FakeScheduler();
  private final FakeExecutor blocking = new FakeExecutor();
  private final FakeProbeClient probes = new FakeProbeClient();

  /** Creates the surroundings of an upstream named {@code test}, whose default port is 80. */
  public FakePluginContext() {
    this(80);
  }

  /**
   * Creates the surroundings of an upstream named {@code test}.
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

  /** Runs all work that is ready, blocking and scheduled, and what that adds, until none is. */
  public void runReady() {
    advance(Duration.ZERO);
  }

  /**
   * Moves the time in steps of at most a second, and runs what becomes ready on the way, blocking
   * work included.
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
