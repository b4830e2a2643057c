package io.upstream4j.discovery.dns;

import io.upstream4j.api.spi.Discovery;
import java.util.function.Supplier;

/**
 * Looks up the entries of a recipe. Each subscription has its own sockets.
 *
 * @param recipe the entries and how to look them up
 * @param sources creates the source of names of a subscription
 */
record DnsDiscovery(Recipe recipe, Supplier<Names.Source> sources) implements Discovery {
  @Override
  public Subscription start(Listener listener) {
    DnsWatch watch = new DnsWatch(recipe, sources.get(), listener);
    watch.begin();
    return watch;
  }
}
