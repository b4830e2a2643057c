package io.upstream4j.api.spi;

import java.util.concurrent.Executor;

/** The services that a plug-in may use for one upstream. Thread-safe. */
public interface PluginContext {
  /** Returns the name of the upstream. */
  String upstream();

  /** Returns the port for addresses without one: 443 when the upstream uses TLS, else 80. */
  int defaultPort();

  /**
   * Returns the clock, and a serial executor for the plug-in's state: its tasks never overlap and
   * must not block.
   */
  Scheduler scheduler();

  /** Returns the executor for blocking calls, such as look-ups and file reads. */
  Executor blocking();

  /** Returns the client that connects to backends in the same way as the upstream's traffic. */
  ProbeClient probes();
}
