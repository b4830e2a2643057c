package io.upstream4j.discovery.docker;

import io.upstream4j.api.spi.Discovery;
import io.upstream4j.api.spi.PluginContext;
import java.time.Duration;
import java.util.List;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;

/**
 * Looks for containers. Each start is on its own, with its own connection.
 *
 * @param entries which containers; of several that match the first says how
 * @param placement where they are reached
 * @param updateFrequency how often the engine is asked though nothing happened
 * @param engines connects to the engine when it is first asked
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
