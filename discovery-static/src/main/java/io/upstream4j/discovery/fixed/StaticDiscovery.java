package io.upstream4j.discovery.fixed;

import io.upstream4j.api.spi.Discovery;
import io.upstream4j.api.spi.PluginContext;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Answers with the entries of the configuration. When all are addresses, the answer is there before
 * {@link #start} returns; when one is a name, after all names were looked up.
 *
 * @param entries at least one, each endpoint once
 * @param lookup finds the addresses of names
 * @param updateFrequency how often names are looked up again; once only when null
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
