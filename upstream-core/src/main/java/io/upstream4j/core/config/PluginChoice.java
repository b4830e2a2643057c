package io.upstream4j.core.config;

import static java.util.Objects.requireNonNull;

import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.Plugin;
import io.upstream4j.core.plugin.PluginInfo;

/**
 * A configured plug-in with its options.
 *
 * @param <P> the kind
 * @param plugin the plug-in; call it only through the guard of its info
 * @param info its description
 * @param options its checked options
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

  /** Creates a choice of a trusted plug-in that is not from a catalogue. */
  public PluginChoice(P plugin, Options options, String path) {
    this(plugin, PluginInfo.of(plugin), options, path);
  }

  /** Returns the plug-in's name in the configuration. */
  public String type() {
    return info.type();
  }
}
