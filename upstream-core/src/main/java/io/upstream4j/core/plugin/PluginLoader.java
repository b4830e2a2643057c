package io.upstream4j.core.plugin;

import io.upstream4j.api.spi.Plugin;
import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Loads the classes of one plug-in, modular or not. Its own jars take precedence over the program,
 * so that the plug-in uses the library versions it brings. Thread-safe.
 *
 * <p>The packages of the JDK and of this library always come from the program, and so do the native
 * libraries of Netty, which a process can load only once.
 *
 * <p>The JDK's loader for the modules of a layer cannot be closed and keeps its jars open; this one
 * can be closed.
 */
final class PluginLoader extends URLClassLoader {
  static {
    registerAsParallelCapable();
  }

  private static final String API = Plugin.class.getPackageName().replace(".spi", ".");
  private static final String CORE = PluginLoader.class.getPackageName().replace(".plugin", ".");

  private final ClassLoader parent;

  /** The packages of the JDK; some other jars contain copies of them. */
  private static final class Jdk {
    private static final Set<String> PACKAGES =
        ModuleLayer.boot().modules().stream()
            .map(Module::getDescriptor)
            .filter(module -> module.name().startsWith("java.") || module.name().startsWith("jdk."))
            .map(ModuleDescriptor::packages)
            .flatMap(Set::stream)
            .collect(Collectors.toUnmodifiableSet());
  }

  /**
   * Creates a loader.
   *
   * @param jars the jars of the plug-in
   * @param parent loads the program's classes
   */
  PluginLoader(URL[] jars, ClassLoader parent) {
    super(jars, parent);
    this.parent = parent;
  }

  private static boolean isShared(String className) {
    return className.startsWith(API)
        || className.startsWith(CORE)
        || Jdk.PACKAGES.contains(className.substring(0, Math.max(0, className.lastIndexOf('.'))));
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    if (isShared(name)) {
      return super.loadClass(name, resolve);
    }
    synchronized (getClassLoadingLock(name)) { // like ClassLoader, so that a class is defined once
      Class<?> loaded = findLoadedClass(name);
      if (loaded != null) {
        return loaded;
      }
      try {
        return findClass(name);
      } catch (ClassNotFoundException e) {
        return parent.loadClass(name);
      }
    }
  }

  /** Called for classes of named modules, all of which are in the same jars. */
  @Override
  protected @Nullable Class<?> findClass(@Nullable String module, String name) {
    try {
      return loadClass(name, false);
    } catch (ClassNotFoundException e) {
      return null;
    }
  }

  @Override
  public @Nullable URL getResource(String name) {
    if (UnitJar.isNettyNative(name)) {
      return null;
    }
    URL own = findResource(name);
    return own != null ? own : parent.getResource(name);
  }

  @Override
  public Enumeration<URL> getResources(String name) throws IOException {
    if (UnitJar.isNettyNative(name)) {
      return Collections.emptyEnumeration();
    }
    List<URL> all = new ArrayList<>(Collections.list(findResources(name)));
    all.addAll(Collections.list(parent.getResources(name)));
    return Collections.enumeration(all);
  }

  @Override
  protected @Nullable URL findResource(@Nullable String module, String name) {
    return findResource(name);
  }

  /**
   * Returns a path that does not exist for native libraries of Netty, so that the plug-in's copies
   * are not loaded.
   */
  @Override
  protected @Nullable String findLibrary(String name) {
    return name.startsWith("netty_") || name.startsWith("libnetty_")
        ? "/the native libraries of Netty are those of the program/" + name
        : super.findLibrary(name);
  }
}
