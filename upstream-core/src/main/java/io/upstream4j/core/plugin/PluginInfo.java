package io.upstream4j.core.plugin;

import static java.util.Objects.requireNonNull;

import io.upstream4j.api.spi.Plugin;
import java.util.Optional;

/**
 * A plug-in and where it came from.
 *
 * @param kind {@code DiscoveryProvider}, {@code HealthChecker} or {@code LoadBalancerProvider}
 * @param plugin the plug-in itself
 * @param module its module's name, empty on the class path
 * @param version its module's or jar's version
 * @param source its jar or folder; empty when it was registered by the program or is built in
 */
public record PluginInfo(
    Class<? extends Plugin> kind,
    Plugin plugin,
    Optional<String> module,
    Optional<String> version,
    Optional<String> source) {
  /** Checks the components. */
  public PluginInfo {
    requireNonNull(kind, "kind");
    requireNonNull(plugin, "plugin");
    requireNonNull(module, "module");
    requireNonNull(version, "version");
    requireNonNull(source, "source");
  }
}
