package io.upstream4j.core.plugin;

import java.net.URL;
import java.net.URLClassLoader;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Loads the classes of one plug-in, of modules or of none. Thread-safe.
 *
 * <p>The JDK has a loader for a layer's modules, but that one keeps its jars open for as long as
 * the program runs. This one is closed.
 */
final class PluginLoader extends URLClassLoader {
  static {
    registerAsParallelCapable();
  }

  private final Set<String> packages;

  /**
   * Creates a loader.
   *
   * @param jars of the plug-in
   * @param packages of its modules, which come from these jars whatever the parent has; empty when
   *     it has no modules
   * @param parent has the program's classes
   */
  PluginLoader(URL[] jars, Set<String> packages, ClassLoader parent) {
    super(jars, parent);
    this.packages = Set.copyOf(packages);
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    if (!packages.contains(name.substring(0, Math.max(0, name.lastIndexOf('.'))))) {
      return super.loadClass(name, resolve);
    }
    synchronized (getClassLoadingLock(name)) { // as ClassLoader does: a class is defined once
      Class<?> loaded = findLoadedClass(name);
      return loaded != null ? loaded : findClass(name);
    }
  }

  /** Called for a class of a named module; all of ours are in the same jars. */
  @Override
  protected @Nullable Class<?> findClass(@Nullable String module, String name) {
    try {
      return loadClass(name, false);
    } catch (ClassNotFoundException e) {
      return null;
    }
  }

  @Override
  protected @Nullable URL findResource(@Nullable String module, String name) {
    return findResource(name);
  }
}
