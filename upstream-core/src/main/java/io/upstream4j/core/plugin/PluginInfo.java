package io.upstream4j.core.plugin;

import static java.util.Objects.requireNonNull;

import io.upstream4j.api.option.Option;
import io.upstream4j.api.spi.LoadBalancerProvider;
import io.upstream4j.api.spi.Plugin;
import java.util.List;
import java.util.Optional;

/**
 * A plug-in with its origin and the properties that it reported when it was found. It is not asked
 * for them again. Immutable.
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
   * Describes a plug-in that is not from a catalogue, and is trusted like those of this library.
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

  /** Returns {@code DiscoveryProvider}, {@code HealthChecker} or {@code LoadBalancerProvider}. */
  public Class<? extends Plugin> kind() {
    return kind;
  }

  /** Returns the plug-in. Call it only through {@link #guard}. */
  public Plugin plugin() {
    return plugin;
  }

  /** Returns its name in the configuration. */
  public String type() {
    return type;
  }

  /** Returns its options. */
  public List<Option<?>> options() {
    return options;
  }

  /** Returns {@link LoadBalancerProvider#makesBackends}. */
  public boolean makesBackends() {
    return makesBackends;
  }

  /** Returns its module's name; empty on the class path. */
  public Optional<String> module() {
    return Origin.module(plugin.getClass());
  }

  /** Returns the version of its module or jar. */
  public Optional<String> version() {
    return Origin.version(plugin.getClass());
  }

  /** Returns its jar or folder; empty when it was registered by the program or is built in. */
  public Optional<String> source() {
    return source;
  }

  /** Returns the guard for calls of the plug-in. */
  public PluginGuard guard() {
    return guard;
  }
}
