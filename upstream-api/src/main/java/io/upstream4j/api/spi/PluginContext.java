package io.upstream4j.api.spi;

import java.util.concurrent.Executor;

/** What a plug-in may use. Belongs to one upstream; safe for use by any thread. */
public interface PluginContext {
  /** The name of the upstream that the plug-in works for. */
  String upstream();

  /** The port of an address that names none: 443 when the upstream speaks TLS, else 80. */
  int defaultPort();

  /**
   * Time, and a serial executor for state: what it runs never overlaps. Its tasks must not block.
   */
  Scheduler scheduler();

  /** For calls that block, such as look-ups and file reads. */
  Executor blocking();

  /** Reaches backends the way the upstream's traffic does. */
  ProbeClient probes();
}
