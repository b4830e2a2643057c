package io.upstream4j.core.config;

import static java.util.Objects.requireNonNull;

import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.Plugin;

/**
 * A plug-in that the configuration names, and its options.
 *
 * @param <P> the kind
 * @param plugin the plug-in
 * @param options read and checked
 * @param path the keys that lead to it, for messages
 */
public record PluginChoice<P extends Plugin>(P plugin, Options options, String path) {
  /** Checks the components. */
  public PluginChoice {
    requireNonNull(plugin, "plugin");
    requireNonNull(options, "options");
    requireNonNull(path, "path");
  }
}
