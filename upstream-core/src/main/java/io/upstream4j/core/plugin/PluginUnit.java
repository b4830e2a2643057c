package io.upstream4j.core.plugin;

import static java.util.Objects.requireNonNull;

import io.upstream4j.api.spi.Plugin;
import java.io.IOException;
import java.lang.module.Configuration;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.MalformedURLException;
import java.net.URL;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One plug-in of a folder: a jar, or a folder with the plug-in's jar and those it needs. Used by
 * the thread that loads it, which the plug-in may block.
 *
 * <p>If this library is a module, and all jars are modules that resolve, they are loaded as modules
 * in a layer of their own. Otherwise one class loader over the jars loads them, which has fewer
 * requirements; it also uses the providers in module descriptors. In both cases the parent is the
 * program, so the types of the API are the same.
 */
final class PluginUnit {
  private final Path unit;
  private final PluginScan scan;

  PluginUnit(Path unit, PluginScan scan) {
    this.unit = unit;
    this.scan = scan;
  }

  /** A declared provider, and the jar that should contain its class. */
  private record Declared(Class<? extends Plugin> kind, String className, UnitJar jar) {}

  void load(List<Path> files) {
    List<UnitJar> jars = new ArrayList<>();
    for (Path file : files) {
      UnitJar jar = read(file);
      if (jar != null) {
        jars.add(jar);
      }
    }
    if (jars.isEmpty()) {
      return; // each has been reported
    }
    int problems = scan.problems().size();
    String mistake = loadModules(jars);
    boolean isEmpty = scan.found().isEmpty() && scan.problems().size() == problems;
    if (mistake != null) {
      scan.problem(unit.toString(), mistake);
    } else if (isEmpty) {
      scan.problem(
          unit.toString(),
          "no plug-in in it (expected: a provider of "
              + PluginCatalog.KINDS.keySet().stream()
                  .map(Class::getSimpleName)
                  .collect(Collectors.joining(", "))
              + "; jars that a plug-in needs stand beside it in a folder of its own)");
    }
  }

  private @Nullable UnitJar read(Path file) {
    scan.step(file.getFileName() + ": has been read");
    try {
      UnitJar jar = UnitJar.read(file);
      if (jar.descriptor() != null && isShared(jar.descriptor().name())) {
        scan.problem(
            file.toString(),
            "not used: "
                + jar.descriptor().name()
                + " is the program's (expected: only what the plug-in needs beside it)");
        return null;
      }
      if (jar.nettyNatives()) {
        scan.problem(
            file.toString(),
            "its native libraries are not used: those of Netty are the program's (expected: Netty's"
                + " classes alone, which then use NIO)");
      }
      return jar;
    } catch (IOException | RuntimeException e) {
      scan.problem(file.toString(), "cannot be read: " + PluginGuard.message(e));
      return null;
    }
  }

  private static boolean isShared(String module) {
    return module.equals(Plugin.class.getPackageName().replace(".spi", ""))
        || module.equals(PluginUnit.class.getPackageName().replace(".plugin", ""));
  }

  /** Loads the jars as modules or as classes. Returns what is wrong when neither is possible. */
  private @Nullable String loadModules(List<UnitJar> jars) {
    ModuleLayer parent = PluginUnit.class.getModule().getLayer();
    String wrong =
        jars.stream().map(UnitJar::mistake).filter(each -> each != null).findFirst().orElse(null);
    if (wrong == null) {
      boolean modules = jars.stream().allMatch(jar -> jar.descriptor() != null);
      if (parent == null || !modules) {
        loadClasses(jars, true);
        return null;
      }
      scan.step("its modules: have been resolved");
      ModuleLayer.Controller layer;
      try {
        layer = define(jars, parent);
      } catch (RuntimeException | LinkageError e) {
        layer = null;
        wrong = PluginGuard.message(e);
      }
      if (layer != null) {
        take(jars, layer);
        return null;
      }
    }
    // Try the declarations for the class path, where modules need not resolve.
    String mistake = wrong;
    PluginScan plain = new PluginScan(PluginScan.Place.UNIT);
    new PluginUnit(unit, plain).loadClasses(jars, false);
    if (plain.found().isEmpty()) {
      plain.loaders().forEach(scan::opened);
      return plain.problems().stream()
          .findFirst()
          .map(problem -> mistake + "; and as a plain jar: " + problem.what())
          .orElse(mistake);
    }
    scan.addAll(plain);
    return null;
  }

  private ModuleLayer.Controller define(List<UnitJar> jars, ModuleLayer parent) {
    ModuleFinder finder = ModuleFinder.of(paths(jars));
    Set<String> names = new HashSet<>();
    for (UnitJar jar : jars) {
      names.add(requireNonNull(jar.descriptor()).name());
    }
    Configuration configuration =
        parent.configuration().resolveAndBind(finder, ModuleFinder.of(), names);
    PluginLoader loader = open(jars);
    return ModuleLayer.defineModules(configuration, List.of(parent), module -> loader);
  }

  private void take(List<UnitJar> jars, ModuleLayer.Controller controller) {
    for (Declared declared : declared(jars, true)) {
      ModuleDescriptor descriptor = requireNonNull(declared.jar().descriptor());
      Module module = controller.layer().findModule(descriptor.name()).orElseThrow();
      int dot = declared.className().lastIndexOf('.');
      String inPackage = dot < 0 ? "" : declared.className().substring(0, dot);
      if (module.getPackages().contains(inPackage)) {
        controller.addOpens(module, inPackage, PluginUnit.class.getModule());
      }
      ClassLoader loader = controller.layer().findLoader(descriptor.name());
      add(declared, loader);
    }
  }

  private void loadClasses(List<UnitJar> jars, boolean inDescriptors) {
    PluginLoader loader = open(jars);
    declared(jars, inDescriptors).forEach(each -> add(each, loader));
  }

  private static List<Declared> declared(List<UnitJar> jars, boolean inDescriptors) {
    List<Declared> all = new ArrayList<>();
    Set<List<Object>> seen = new HashSet<>();
    for (UnitJar jar : jars) {
      for (Class<? extends Plugin> kind : PluginCatalog.KINDS.keySet()) {
        for (String name : jar.providers(kind, inDescriptors)) {
          if (seen.add(List.of(kind, name))) {
            all.add(new Declared(kind, name, jar));
          }
        }
      }
    }
    return all;
  }

  private void add(Declared declared, ClassLoader loader) {
    String where = declared.jar().path().toString();
    PluginGuard guard = PluginGuard.apart(declared.className(), loader);
    scan.step(declared.className() + ": has been loading");
    try {
      Optional<Class<?>> found = guard.call("loading", () -> find(declared.className(), loader));
      if (found.isEmpty()) {
        scan.problem(where, declared.className() + ": not found (expected: a class of the jar)");
        return;
      }
      Class<?> type = found.get();
      String mistake = guard.call("loading", () -> mistake(declared.kind(), type));
      if (!mistake.isEmpty()) {
        scan.problem(where, declared.className() + ": " + mistake);
        return;
      }
      Callable<? extends Plugin> maker = guard.call("loading", () -> maker(declared.kind(), type));
      scan.add(declared.kind(), type, maker, where, Optional.of(Origin.of(type).orElse(where)));
    } catch (PluginCallException e) {
      scan.problem(where, declared.className() + ": " + e.reason());
    }
  }

  private static Optional<Class<?>> find(String className, ClassLoader loader) {
    try {
      return Optional.of(Class.forName(className, false, loader));
    } catch (ClassNotFoundException e) {
      return Optional.empty();
    }
  }

  /** Returns why a class cannot be a provider, or an empty string when it can. */
  private static String mistake(Class<? extends Plugin> kind, Class<?> type) {
    if (providerMethod(type) != null) {
      return "";
    }
    if (!kind.isAssignableFrom(type)) {
      return "not a subtype of " + kind.getName();
    }
    if (Modifier.isAbstract(type.getModifiers())) {
      return "abstract (expected: a class that can be made)";
    }
    for (Constructor<?> constructor : type.getConstructors()) {
      if (constructor.getParameterCount() == 0) {
        return "";
      }
    }
    return "no public constructor without parameters (expected: one)";
  }

  private static @Nullable Method providerMethod(Class<?> type) {
    if (type.getModule().isNamed()) {
      for (Method method : type.getMethods()) {
        if (method.getName().equals("provider")
            && method.getParameterCount() == 0
            && Modifier.isStatic(method.getModifiers())) {
          return method;
        }
      }
    }
    return null;
  }

  /**
   * Instantiates a provider like a service loader: by the static method of a module's class, or by
   * the constructor.
   */
  private static Callable<? extends Plugin> maker(Class<? extends Plugin> kind, Class<?> type)
      throws NoSuchMethodException {
    Method method = providerMethod(type);
    if (method != null) {
      method.setAccessible(true);
      return () -> kind.cast(method.invoke(null));
    }
    Constructor<?> constructor = type.getConstructor();
    constructor.setAccessible(true);
    return () -> kind.cast(constructor.newInstance());
  }

  private PluginLoader open(List<UnitJar> jars) {
    URL[] urls = new URL[jars.size()];
    for (int i = 0; i < urls.length; i++) {
      try {
        urls[i] = jars.get(i).path().toUri().toURL();
      } catch (MalformedURLException e) {
        throw new IllegalArgumentException(jars.get(i).path().toString(), e);
      }
    }
    PluginLoader loader = new PluginLoader(urls, PluginUnit.class.getClassLoader());
    scan.opened(loader);
    return loader;
  }

  private static Path[] paths(List<UnitJar> jars) {
    return jars.stream().map(UnitJar::path).toArray(Path[]::new);
  }
}
