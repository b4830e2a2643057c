package io.upstream4j.core.config;

import io.upstream4j.core.plugin.PluginCatalog;
import java.nio.file.Path;

/** SKELETON: bodies to come; the signatures hold. */
public final class ConfigLoader {
  /**
   * Creates a loader.
   *
   * @param plugins where the types that a configuration names are looked up
   */
  public ConfigLoader(PluginCatalog plugins) {
    throw new IllegalStateException("skeleton " + plugins);
  }

  /**
   * Reads a file.
   *
   * @throws io.upstream4j.api.option.ConfigException with every problem found
   */
  public Config load(Path file) {
    throw new IllegalStateException("skeleton " + file);
  }

  /**
   * Reads text.
   *
   * @param source the name of the source in messages
   * @throws io.upstream4j.api.option.ConfigException with every problem found
   */
  public Config load(String source, String yaml) {
    throw new IllegalStateException("skeleton " + source + yaml);
  }
}
