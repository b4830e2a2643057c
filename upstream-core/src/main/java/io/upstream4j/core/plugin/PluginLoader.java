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
 * Loads the classes of one plug-in, of modules or of none: first from its own jars, then from the
 * program, so that a library that both have is in the version that the plug-in brings. Thread-safe.
 *
 * <p>Shared are the JDK's packages and this library's, whatever the jars hold. Native libraries of
 * Netty are never the plug-in's: a process has each of them once, and it is the program's.
 *
 * <p>The JDK has a loader for a layer's modules, but that one keeps its jars open for as long as
 * the program runs. This one is closed.
 */
final class PluginLoader extends URLClassLoader {
  static {
    registerAsParallelCapable();
  }

  private static final String API = Plugin.class.getPackageName().replace(".spi", ".");
  private static final String CORE = PluginLoader.class.getPackageName().replace(".plugin", ".");

  private final ClassLoader parent;

  /** The packages of the JDK, which hold standards that other jars have copies of, too. */
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
   * @param jars of the plug-in
   * @param parent has the program's classes
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
    synchronized (getClassLoadingLock(name)) { // as ClassLoader does: a class is defined once
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

  /** A path that does not exist, so that the search ends here for natives that are not ours. */
  @Override
  protected @Nullable String findLibrary(String name) {
    return name.startsWith("netty_") || name.startsWith("libnetty_")
        ? "/the native libraries of Netty are those of the program/" + name
        : super.findLibrary(name);
  }
}
