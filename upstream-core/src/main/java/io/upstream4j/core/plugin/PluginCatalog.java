package io.upstream4j.core.plugin;

import io.upstream4j.api.spi.Plugin;
import java.nio.file.Path;
import java.util.List;

/** SKELETON: bodies to come; the signatures hold. */
public final class PluginCatalog implements AutoCloseable {
  private PluginCatalog() {}

  /**
   * Finds what the module path, the class path and the folders hold. What cannot be loaded is
   * remembered, reported when its type is asked for, and hurts nothing else.
   *
   * @param registered plug-ins of the program's own
   * @param folders each holds jars, and folders of jars
   */
  public static PluginCatalog find(List<Plugin> registered, List<Path> folders) {
    throw new IllegalStateException("skeleton " + registered + folders);
  }

  /**
   * The plug-in of a kind and a type.
   *
   * @throws PluginException when there is none, or two claim the type, or it could not be loaded
   */
  public <P extends Plugin> P get(Class<P> kind, String type) {
    throw new IllegalStateException("skeleton " + kind + type);
  }

  /** All plug-ins, by kind and type. */
  public List<PluginInfo> plugins() {
    throw new IllegalStateException("skeleton");
  }

  /** What could not be loaded, each with jar, module or class and the reason. */
  public List<String> problems() {
    throw new IllegalStateException("skeleton");
  }

  /** Closes the class loaders of plug-in folders. */
  @Override
  public void close() {
    throw new IllegalStateException("skeleton");
  }
}
