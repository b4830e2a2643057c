package io.upstream4j.core.config;

import io.upstream4j.api.option.Option;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.Discovery;
import io.upstream4j.api.spi.DiscoveryProvider;
import io.upstream4j.api.spi.HealthCheck;
import io.upstream4j.api.spi.HealthChecker;
import io.upstream4j.api.spi.LoadBalancer;
import io.upstream4j.api.spi.LoadBalancerProvider;
import io.upstream4j.api.spi.Plugin;
import io.upstream4j.api.spi.PluginContext;
import io.upstream4j.core.plugin.PluginCatalog;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Plug-ins that declare options and are never created. */
final class FakePlugins {
  static final Option<List<String>> ADDRS =
      Option.of("addrs", "the servers", "host:port", FakePlugins::address).list();
  static final Option<List<String>> SERVERS = Option.text("addrs", "the servers").list();
  static final Option<Boolean> IPV4_ONLY = Option.flag("ipv4_only", "no IPv6").orElse(false);
  static final Option<String> NAME = Option.text("name", "what to look up");
  static final Option<String> KEY =
      Option.of(
              "key",
              "what is hashed",
              "url, path, ip, header:<name>, cookie:<name> or query:<name>",
              FakePlugins::key)
          .orElse("url");
  static final Option<Integer> POINTS = Option.integer("points", "points", 1, 65_536).orElse(160);
  static final Option<String> TABLE = Option.text("table", "the table").orElse("ring");
  static final Option<String> PATH = Option.text("path", "the path").orElse("/");
  static final Option<String> HOST = Option.text("host", "the Host header").optional();
  static final Option<Boolean> TLS = Option.flag("tls", "whether to use TLS").orElse(false);

  private FakePlugins() {}

  static PluginCatalog catalog(Plugin... more) {
    List<Plugin> all =
        new ArrayList<>(
            List.of(
                new FakeDiscovery("static", () -> List.of(ADDRS, IPV4_ONLY)),
                new FakeDiscovery("dns", () -> List.of(NAME)),
                new FakeBalancer("round_robin", List::of),
                new FakeBalancer("consistent", () -> List.of(KEY, POINTS, TABLE)),
                new FakeChecker("http", () -> List.of(PATH, HOST, TLS))));
    all.addAll(List.of(more));
    return PluginCatalog.find(all, List.of());
  }

  private static String address(String text) {
    if (!text.contains(":")) {
      throw new IllegalArgumentException();
    }
    return text;
  }

  private static String key(String text) {
    if (!text.matches("url|path|ip|(header|cookie|query):.+")) {
      throw new IllegalArgumentException();
    }
    return text;
  }

  record FakeDiscovery(String type, Supplier<List<Option<?>>> declared)
      implements DiscoveryProvider {
    @Override
    public List<Option<?>> options() {
      return declared.get();
    }

    @Override
    public Discovery create(Options options, PluginContext context) {
      throw new IllegalStateException("not created when a configuration is read");
    }
  }

  record FakeBalancer(String type, Supplier<List<Option<?>>> declared)
      implements LoadBalancerProvider {
    @Override
    public List<Option<?>> options() {
      return declared.get();
    }

    @Override
    public LoadBalancer create(Options options, PluginContext context) {
      throw new IllegalStateException("not created when a configuration is read");
    }
  }

  /** Derives backends from requests. */
  record OwnBackends() implements LoadBalancerProvider {
    @Override
    public String type() {
      return "own";
    }

    @Override
    public boolean makesBackends() {
      return true;
    }

    @Override
    public LoadBalancer create(Options options, PluginContext context) {
      throw new IllegalStateException("not created when a configuration is read");
    }
  }

  record FakeChecker(String type, Supplier<List<Option<?>>> declared) implements HealthChecker {
    @Override
    public List<Option<?>> options() {
      return declared.get();
    }

    @Override
    public HealthCheck create(Options options, PluginContext context) {
      throw new IllegalStateException("not created when a configuration is read");
    }
  }
}
