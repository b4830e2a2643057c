package io.upstream4j.core.plugin;

import io.upstream4j.api.spi.Plugin;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.module.Configuration;
import java.lang.module.FindException;
import java.lang.module.InvalidModuleDescriptorException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.lang.module.ResolutionException;
import java.net.MalformedURLException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/**
 * A folder of plug-ins: each jar, and each folder of jars, is one plug-in with a loader of its own.
 *
 * <p>How a plug-in is loaded: as modules in a layer of their own when this library is a module and
 * the plug-in's modules resolve; plain jars count as automatic modules then. Else by a class loader
 * over the jars, which asks less of them, and is taken at once when a plain jar is the plug-in and
 * others stand beside it: these rarely resolve as modules, and to find that out takes long. Either
 * way its parent is the program, so the types of the API are the same.
 */
final class PluginFolder {
  private final Path folder;
  private final PluginScan scan;

  PluginFolder(Path folder, PluginScan scan) {
    this.folder = folder;
    this.scan = scan;
  }

  void search() {
    if (!Files.isDirectory(folder)) {
      scan.problem(folder + ": not a folder (expected: a folder of plug-in jars)");
      return;
    }
    for (Path entry : list(folder)) {
      if (Files.isDirectory(entry)) {
        load(entry, list(entry).stream().filter(PluginFolder::isJar).toList());
      } else if (isJar(entry)) {
        load(entry, List.of(entry));
      }
    }
  }

  private List<Path> list(Path directory) {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.sorted().toList();
    } catch (IOException e) {
      scan.problem(directory + ": cannot be read: " + PluginScan.reason(e));
      return List.of();
    }
  }

  private static boolean isJar(Path file) {
    return file.getFileName().toString().endsWith(".jar") && !Files.isDirectory(file);
  }

  /** Loads one plug-in: a jar, or a folder of them. */
  private void load(Path unit, List<Path> all) {
    List<Path> jars = all.stream().filter(this::isReadable).toList();
    if (jars.isEmpty()) {
      if (all.isEmpty()) {
        scan.problem(unit + ": no jar in it (expected: a plug-in's jar and the jars it needs)");
      }
      return;
    }
    int found = scan.found().size();
    int problems = scan.problems().size();
    String reason = arePlain(jars) ? "" : loadModules(unit, jars);
    if (reason != null) {
      loadClasses(unit, jars);
    }
    boolean failed = scan.problems().size() > problems;
    boolean empty = scan.found().size() == found && !failed;
    // What never meant to be a module need not be told why it cannot be one.
    boolean told = empty || (failed && jars.stream().anyMatch(PluginFolder::isModule));
    if (reason != null && !reason.isEmpty() && told) {
      scan.problem(unit + ": " + reason);
    } else if (empty) {
      scan.problem(
          unit
              + ": no plug-in in it (expected: a provider of "
              + PluginCatalog.KINDS.keySet().stream()
                  .map(Class::getSimpleName)
                  .collect(Collectors.joining(", "))
              + "; jars that a plug-in needs stand beside it in a folder of its own)");
    }
  }

  private static boolean isModule(Path jar) {
    try (JarFile file = new JarFile(jar.toFile())) {
      return file.getEntry("module-info.class") != null;
    } catch (IOException e) {
      throw new UncheckedIOException(e); // it was readable a moment ago
    }
  }

  /** Whether plain jars make the plug-in, and others only serve it. */
  private static boolean arePlain(List<Path> jars) {
    boolean provides = false;
    for (Path jar : jars) {
      try (JarFile file = new JarFile(jar.toFile(), false, ZipFile.OPEN_READ, Runtime.version())) {
        JarEntry descriptor = file.getJarEntry("module-info.class");
        if (descriptor == null) {
          provides |=
              PluginCatalog.KINDS.keySet().stream()
                  .anyMatch(kind -> file.getEntry("META-INF/services/" + kind.getName()) != null);
        } else if (providesKind(ModuleDescriptor.read(file.getInputStream(descriptor)))) {
          return false;
        }
      } catch (IOException | InvalidModuleDescriptorException e) {
        return false; // loading it as a module tells what is wrong
      }
    }
    return provides && jars.size() > 1;
  }

  private static boolean providesKind(ModuleDescriptor module) {
    return module.provides().stream()
        .anyMatch(
            provides ->
                PluginCatalog.KINDS.keySet().stream()
                    .anyMatch(kind -> kind.getName().equals(provides.service())));
  }

  /** A zip that is damaged fails here, by name, rather than later and silently. */
  private boolean isReadable(Path jar) {
    try (JarFile file = new JarFile(jar.toFile())) {
      return file.size() >= 0;
    } catch (IOException | RuntimeException e) {
      scan.problem(jar + ": cannot be read: " + PluginScan.reason(e));
      return false;
    }
  }

  /**
   * Loads the jars as modules.
   *
   * @return null when that worked, else why not; empty when there is no module path to add to
   */
  private @Nullable String loadModules(Path unit, List<Path> jars) {
    ModuleLayer parent = PluginFolder.class.getModule().getLayer();
    if (parent == null) {
      return classPathOnly(jars);
    }
    try {
      ModuleFinder finder = ModuleFinder.of(jars.toArray(Path[]::new));
      Set<ModuleReference> modules = finder.findAll();
      // What automatic modules need is everything, and "everything" may hold a module only once. So
      // they see the program's modules rather than their own copies.
      boolean explicit = modules.stream().noneMatch(each -> each.descriptor().isAutomatic());
      Set<String> hidden = new HashSet<>();
      for (ModuleReference each : modules) {
        String name = each.descriptor().name();
        if (parent.findModule(name).isPresent() && (!explicit || isShared(name))) {
          hidden.add(name);
        }
      }
      return define(unit, jars, parent, new FilteredFinder(finder, hidden));
    } catch (FindException
        | ResolutionException
        | LayerInstantiationException
        | SecurityException
        | IllegalArgumentException e) {
      return PluginScan.reason(e);
    }
  }

  private static boolean isShared(String module) {
    return module.equals(Plugin.class.getModule().getName())
        || module.equals(PluginFolder.class.getModule().getName());
  }

  private @Nullable String define(
      Path unit, List<Path> jars, ModuleLayer parent, ModuleFinder finder) {
    Set<String> names = new HashSet<>();
    Set<String> packages = new HashSet<>();
    for (ModuleReference each : finder.findAll()) {
      names.add(each.descriptor().name());
      packages.addAll(each.descriptor().packages());
    }
    if (names.isEmpty()) {
      return "its modules are those of the program already; the jar is not needed here";
    }
    Configuration configuration =
        parent.configuration().resolveAndBind(finder, ModuleFinder.of(), names);
    PluginLoader loader = new PluginLoader(urls(jars), packages, parentLoader());
    ModuleLayer layer =
        ModuleLayer.defineModules(configuration, List.of(parent), module -> loader).layer();
    scan.opened(loader);
    scan.search(layer, unit.toString(), type -> type.getModule().getLayer() == layer);
    return null;
  }

  /** The library is on the class path, where a descriptor's providers are not looked at. */
  private static String classPathOnly(List<Path> jars) {
    try {
      Set<String> kinds =
          PluginCatalog.KINDS.keySet().stream().map(Class::getName).collect(Collectors.toSet());
      for (ModuleReference each : ModuleFinder.of(jars.toArray(Path[]::new)).findAll()) {
        ModuleDescriptor module = each.descriptor();
        Optional<ModuleDescriptor.Provides> provides =
            module.provides().stream().filter(p -> kinds.contains(p.service())).findFirst();
        if (provides.isPresent()) {
          return "module "
              + module.name()
              + " provides "
              + provides.get().providers()
              + " in its descriptor only, which counts when this library is on the module path"
              + " (expected: META-INF/services/"
              + provides.get().service()
              + " as well)";
        }
      }
      return "";
    } catch (FindException e) {
      return ""; // then there is no descriptor to read, and the class loader decides
    }
  }

  private void loadClasses(Path unit, List<Path> jars) {
    PluginLoader loader = new PluginLoader(urls(jars), Set.of(), parentLoader());
    scan.opened(loader);
    scan.search(loader, unit.toString(), type -> type.getClassLoader() == loader);
  }

  private static ClassLoader parentLoader() {
    return PluginFolder.class.getClassLoader();
  }

  private static URL[] urls(List<Path> jars) {
    List<URL> urls = new ArrayList<>();
    for (Path jar : jars) {
      try {
        urls.add(jar.toUri().toURL());
      } catch (MalformedURLException e) {
        throw new IllegalArgumentException(jar.toString(), e);
      }
    }
    return urls.toArray(URL[]::new);
  }

  /** The modules of another finder but for some. */
  private record FilteredFinder(ModuleFinder finder, Set<String> hidden) implements ModuleFinder {
    @Override
    public Optional<ModuleReference> find(String name) {
      return hidden.contains(name) ? Optional.empty() : finder.find(name);
    }

    @Override
    public Set<ModuleReference> findAll() {
      return finder.findAll().stream()
          .filter(each -> !hidden.contains(each.descriptor().name()))
          .collect(Collectors.toSet());
    }
  }
}
