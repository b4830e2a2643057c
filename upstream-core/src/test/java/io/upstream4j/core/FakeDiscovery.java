package io.upstream4j.core;

import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Discovery;
import io.upstream4j.api.spi.DiscoveryProvider;
import io.upstream4j.api.spi.PluginContext;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Says what a test tells it to, and remembers what it was told. */
final class FakeDiscovery implements DiscoveryProvider {
  final List<Listener> listeners = new ArrayList<>();
  int starts;
  int refreshes;
  int closes;
  List<Backend> atOnce;
  RuntimeException refusal;
  RuntimeException crash;

  private record Listener(Discovery.Listener listener) {}

  /** Answers within start. */
  FakeDiscovery answeringAtOnce(Backend... backends) {
    atOnce = List.of(backends);
    return this;
  }

  @Override
  public String type() {
    return "fake";
  }

  @Override
  public Discovery create(Options options, PluginContext context) {
    if (refusal != null) {
      throw refusal;
    }
    return this::start;
  }

  private Discovery.Subscription start(Discovery.Listener listener) {
    starts++;
    if (crash != null) {
      throw crash;
    }
    listeners.add(new Listener(listener));
    if (atOnce != null) {
      listener.found(atOnce);
    }
    return new Discovery.Subscription() {
      @Override
      public void refresh() {
        refreshes++;
      }

      @Override
      public void close() {
        closes++;
      }
    };
  }

  void finds(Backend... backends) {
    finds(Arrays.asList(backends));
  }

  void finds(List<Backend> backends) {
    listeners.get(listeners.size() - 1).listener().found(backends);
  }

  void findsPartly(String message, Backend... backends) {
    listeners
        .get(listeners.size() - 1)
        .listener()
        .foundPartly(Arrays.asList(backends), new Exception(message));
  }

  void fails(String message) {
    listeners.get(listeners.size() - 1).listener().failed(new Exception(message));
  }
}
