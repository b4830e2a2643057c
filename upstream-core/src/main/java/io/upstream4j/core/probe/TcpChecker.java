package io.upstream4j.core.probe;

import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.HealthCheck;
import io.upstream4j.api.spi.HealthChecker;
import io.upstream4j.api.spi.PluginContext;

/**
 * Provides {@code tcp}: a backend works when a connection to it can be opened, as the upstream's
 * traffic would open it; so with TLS when that has TLS.
 */
public final class TcpChecker implements HealthChecker {
  private static final HealthCheck.Result HEALTHY = new HealthCheck.Healthy();

  /** Creates the provider. */
  public TcpChecker() {}

  @Override
  public String type() {
    return "tcp";
  }

  @Override
  public HealthCheck create(Options options, PluginContext context) {
    return backend -> context.probes().connect(backend).thenApply(opened -> HEALTHY);
  }
}
