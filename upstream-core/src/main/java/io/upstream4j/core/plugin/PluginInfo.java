package io.upstream4j.core.plugin;

import static java.util.Objects.requireNonNull;

import io.upstream4j.api.option.Option;
import io.upstream4j.api.spi.LoadBalancerProvider;
import io.upstream4j.api.spi.Plugin;
import java.util.List;
import java.util.Optional;

/**
 * A plug-in, where it came from, and what it said of itself when it was found: it is not asked
 * again. Immutable.
 */
public final class PluginInfo {
  private final Class<? extends Plugin> kind;
  private final Plugin plugin;
  private final String type;
  private final List<Option<?>> options;
  private final boolean makesBackends;
  private final Optional<String> source;
  private final PluginGuard guard;

  PluginInfo(
      Class<? extends Plugin> kind,
      Plugin plugin,
      String type,
      List<Option<?>> options,
      boolean makesBackends,
      Optional<String> source,
      PluginGuard guard) {
    this.kind = requireNonNull(kind, "kind");
    this.plugin = requireNonNull(plugin, "plugin");
    this.type = requireNonNull(type, "type");
    this.options = List.copyOf(options);
    this.makesBackends = makesBackends;
    this.source = requireNonNull(source, "source");
    this.guard = requireNonNull(guard, "guard");
  }

  /**
   * Describes a plug-in that no catalogue found, and that is trusted as those of this library are.
   */
  public static PluginInfo of(Plugin plugin) {
    return new PluginInfo(
        PluginCatalog.kindOf(plugin),
        plugin,
        plugin.type(),
        plugin.options(),
        plugin instanceof LoadBalancerProvider balancer && balancer.makesBackends(),
        Optional.empty(),
        PluginGuard.here("\"" + plugin.type() + "\""));
  }

  /** {@code DiscoveryProvider}, {@code HealthChecker} or {@code LoadBalancerProvider}. */
  public Class<? extends Plugin> kind() {
    return kind;
  }

  /** The plug-in itself. To be called through {@link #guard} only. */
  public Plugin plugin() {
    return plugin;
  }

  /** Its name in the configuration. */
  public String type() {
    return type;
  }

  /** The options it takes. */
  public List<Option<?>> options() {
    return options;
  }

  /** See {@link LoadBalancerProvider#makesBackends}. */
  public boolean makesBackends() {
    return makesBackends;
  }

  /** Its module's name, empty on the class path. */
  public Optional<String> module() {
    return Origin.module(plugin.getClass());
  }

  /** Its module's or jar's version. */
  public Optional<String> version() {
    return Origin.version(plugin.getClass());
  }

  /** Its jar or folder; empty when it was registered by the program or is built in. */
  public Optional<String> source() {
    return source;
  }

  /** What calls to it go through. */
  public PluginGuard guard() {
    return guard;
  }
}
