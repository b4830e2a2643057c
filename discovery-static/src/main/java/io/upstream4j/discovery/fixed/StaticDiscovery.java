package io.upstream4j.discovery.fixed;

import io.upstream4j.api.spi.Discovery;
import io.upstream4j.api.spi.PluginContext;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reports the entries of the configuration. If all entries are addresses, it reports them before
 * {@link #start} returns; otherwise after all names were looked up.
 *
 * @param entries at least one, each endpoint once
 * @param lookup resolves names
 * @param updateFrequency how often names are looked up again; null for only once
 * @param context runs the look-ups
 */
record StaticDiscovery(
    List<Entry> entries, Lookup lookup, @Nullable Duration updateFrequency, PluginContext context)
    implements Discovery {
  @Override
  public Subscription start(Listener listener) {
    NameWatch watch = new NameWatch(this, listener);
    watch.begin();
    return watch;
  }
}
