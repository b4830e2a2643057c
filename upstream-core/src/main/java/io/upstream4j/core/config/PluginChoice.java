package io.upstream4j.core.config;

import static java.util.Objects.requireNonNull;

import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.Plugin;
import io.upstream4j.core.plugin.PluginInfo;

/**
 * A plug-in that the configuration names, and its options.
 *
 * @param <P> the kind
 * @param plugin the plug-in; to be called through the guard of its info only
 * @param info what is known of it
 * @param options read and checked
 * @param path the keys that lead to it, for messages
 */
public record PluginChoice<P extends Plugin>(
    P plugin, PluginInfo info, Options options, String path) {
  /** Checks the components. */
  public PluginChoice {
    requireNonNull(plugin, "plugin");
    requireNonNull(info, "info");
    requireNonNull(options, "options");
    requireNonNull(path, "path");
  }

  /** A choice of a plug-in that no catalogue found, and that is trusted. */
  public PluginChoice(P plugin, Options options, String path) {
    this(plugin, PluginInfo.of(plugin), options, path);
  }

  /** The plug-in's name in the configuration. */
  public String type() {
    return info.type();
  }
}
