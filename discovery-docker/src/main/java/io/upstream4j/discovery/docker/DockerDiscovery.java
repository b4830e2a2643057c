package io.upstream4j.discovery.docker;

import io.upstream4j.api.spi.Discovery;
import io.upstream4j.api.spi.PluginContext;
import java.time.Duration;
import java.util.List;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;

/**
 * Finds containers. Each subscription has its own connection.
 *
 * @param entries the containers to find; the first matching entry applies
 * @param placement the address at which they are reached
 * @param updateFrequency how often the engine is asked without an event
 * @param engines connects to the engine
 * @param jitter random numbers from 0 to 1
 */
record DockerDiscovery(
    List<Entry> entries,
    Placement placement,
    Duration updateFrequency,
    Supplier<Engine> engines,
    DoubleSupplier jitter,
    PluginContext context)
    implements Discovery {
  @Override
  public Subscription start(Listener listener) {
    DockerWatch watch = new DockerWatch(this, listener);
    watch.begin();
    return watch;
  }
}
