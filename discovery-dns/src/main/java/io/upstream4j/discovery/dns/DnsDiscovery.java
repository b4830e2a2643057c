package io.upstream4j.discovery.dns;

import io.upstream4j.api.spi.Discovery;
import java.util.function.Supplier;

/**
 * Looks the entries of a recipe up. Each start is on its own, with its own sockets.
 *
 * @param recipe what, and how
 * @param sources makes what names come from
 */
record DnsDiscovery(Recipe recipe, Supplier<Names.Source> sources) implements Discovery {
  @Override
  public Subscription start(Listener listener) {
    DnsWatch watch = new DnsWatch(recipe, sources.get(), listener);
    watch.begin();
    return watch;
  }
}
