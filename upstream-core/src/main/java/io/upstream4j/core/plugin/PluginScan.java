package io.upstream4j.core.plugin;

import static java.util.Objects.requireNonNull;

import io.upstream4j.api.option.Option;
import io.upstream4j.api.spi.Plugin;
import java.net.URL;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.Spliterator;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Collects plug-ins and what went wrong with others. For one thread. */
final class PluginScan {
  /** A plug-in that works, with the type it gave. */
  record Found(String type, PluginInfo info) {}

  private static final Pattern TYPE = Pattern.compile("[a-z][a-z0-9_]*");
  private static final Pattern PROVIDER = Pattern.compile("Provider ([\\p{Alnum}_$.]+)");

  /** A loader that fails that often is not read to its end: it may fail for ever. */
  private static final int MAX_FAILURES = 1_000;

  private record Seen(Class<? extends Plugin> kind, Class<?> type) {}

  private final List<Found> found = new ArrayList<>();
  private final Set<String> problems = new LinkedHashSet<>();
  private final List<PluginLoader> loaders = new ArrayList<>();
  private final Set<Seen> seen = new HashSet<>();
  private final Set<String> ofProgram = new HashSet<>();

  List<Found> found() {
    return found;
  }

  Set<String> problems() {
    return problems;
  }

  List<PluginLoader> loaders() {
    return loaders;
  }

  void problem(String message) {
    problems.add(message);
  }

  void opened(PluginLoader loader) {
    loaders.add(loader);
  }

  /** Takes an instance that the program made. */
  void register(Plugin plugin) {
    requireNonNull(plugin, "plugin");
    boolean known = false;
    for (Class<? extends Plugin> kind : PluginCatalog.KINDS.keySet()) {
      if (kind.isInstance(plugin)) {
        known = true;
        seen.add(new Seen(kind, plugin.getClass()));
        add(kind, plugin, "", Optional.empty());
      }
    }
    if (!known) {
      throw new IllegalArgumentException(
          "plug-in "
              + plugin.getClass().getName()
              + " (expected: one of "
              + PluginCatalog.KINDS.keySet().stream().map(Class::getSimpleName).toList()
              + ")");
    }
  }

  /** Searches where this library and the calling thread's code were loaded from. */
  void searchProgram() {
    ModuleLayer layer = PluginScan.class.getModule().getLayer();
    Set<ClassLoader> classLoaders = new LinkedHashSet<>();
    classLoaders.add(PluginScan.class.getClassLoader());
    ClassLoader context = Thread.currentThread().getContextClassLoader();
    if (context != null) {
      classLoaders.add(context);
    }
    if (layer != null) {
      search(layer, "", any -> true);
    }
    for (ClassLoader loader : classLoaders) {
      search(loader, "", any -> true);
    }
  }

  /** Searches the modules of a layer and of its parents. */
  void search(ModuleLayer layer, String from, Predicate<Class<?>> wanted) {
    for (Class<? extends Plugin> kind : PluginCatalog.KINDS.keySet()) {
      searchKind(kind, layer, from, wanted);
    }
  }

  private <P extends Plugin> void searchKind(
      Class<P> kind, ModuleLayer layer, String from, Predicate<Class<?>> wanted) {
    // A class that does not link is not named by the error on every JDK.
    Set<String> declared =
        layer.modules().stream()
            .flatMap(module -> module.getDescriptor().provides().stream())
            .filter(provides -> provides.service().equals(kind.getName()))
            .flatMap(provides -> provides.providers().stream())
            .collect(Collectors.toCollection(TreeSet::new));
    String where = from.isEmpty() ? "" : from + ": " + String.join(" or ", declared);
    search(
        kind,
        ServiceLoader.load(layer, kind),
        PluginScan.class.getClassLoader(),
        from,
        where,
        wanted);
  }

  /** Searches what a class loader and its parents can see. */
  void search(ClassLoader loader, String from, Predicate<Class<?>> wanted) {
    for (Class<? extends Plugin> kind : PluginCatalog.KINDS.keySet()) {
      searchKind(kind, loader, from, wanted);
    }
  }

  private <P extends Plugin> void searchKind(
      Class<P> kind, ClassLoader loader, String from, Predicate<Class<?>> wanted) {
    search(kind, ServiceLoader.load(kind, loader), loader, from, from, wanted);
  }

  /**
   * Goes through a service loader, one provider at a time, so that one that is broken hurts no
   * other.
   *
   * @param resources tells which jar holds a class that could not be loaded
   * @param from put before messages when the jar is not known otherwise; may be empty
   * @param unlinked put before messages of classes that do not link
   * @param wanted which provider classes count
   */
  private <P extends Plugin> void search(
      Class<P> kind,
      ServiceLoader<P> services,
      ClassLoader resources,
      String from,
      String unlinked,
      Predicate<Class<?>> wanted) {
    Spliterator<ServiceLoader.Provider<P>> providers = services.stream().spliterator();
    for (int failures = 0; failures < MAX_FAILURES; ) {
      try {
        if (!providers.tryAdvance(provider -> take(kind, provider, from, wanted))) {
          return;
        }
      } catch (ServiceConfigurationError | LinkageError e) {
        failures++;
        String where = e instanceof LinkageError ? unlinked : from;
        failed(from, from.isEmpty() ? jarOf(e, resources) : where, e);
      }
    }
  }

  /** Remembers what a loader failed with; a plug-in's comes upon those of the program as well. */
  private void failed(String from, String where, Throwable error) {
    String reason = reason(error) + otherVersion(error);
    if (from.isEmpty()) {
      ofProgram.add(reason);
    } else if (ofProgram.contains(reason)) {
      return;
    }
    problem((where.isEmpty() ? "" : where + ": ") + reason);
  }

  private <P extends Plugin> void take(
      Class<P> kind, ServiceLoader.Provider<P> provider, String from, Predicate<Class<?>> wanted) {
    // A module may provide by a method, whose type says no more than the kind.
    boolean known = provider.type() != kind;
    if (known && !isNew(kind, provider.type(), wanted)) {
      return;
    }
    String where = from;
    if (where.isEmpty() && known) {
      where = Origin.of(provider.type()).orElse("");
    }
    P plugin;
    try {
      plugin = provider.get();
    } catch (ServiceConfigurationError | LinkageError | RuntimeException | AssertionError e) {
      failed(from, where, e);
      return;
    }
    if (known || isNew(kind, plugin.getClass(), wanted)) {
      add(kind, plugin, where, Origin.of(plugin.getClass()));
    }
  }

  private boolean isNew(Class<? extends Plugin> kind, Class<?> type, Predicate<Class<?>> wanted) {
    return wanted.test(type) && seen.add(new Seen(kind, type));
  }

  private void add(
      Class<? extends Plugin> kind, Plugin plugin, String where, Optional<String> source) {
    Class<?> implementation = plugin.getClass();
    String prefix = (where.isEmpty() ? "" : where + ": ") + implementation.getName();
    String type;
    try {
      type = plugin.type();
    } catch (RuntimeException | LinkageError | AssertionError e) {
      problem(prefix + ": type() failed: " + e);
      return;
    }
    if (type == null || !TYPE.matcher(type).matches()) {
      problem(
          prefix
              + ": type \""
              + type
              + "\" (expected: lower-case letters, digits and underscores, a letter first)");
      return;
    }
    try {
      for (Option<?> option : plugin.options()) {
        requireNonNull(option, "an option is null");
      }
    } catch (RuntimeException | LinkageError | AssertionError e) {
      problem(prefix + ": options() failed: " + e);
      return;
    }
    found.add(
        new Found(
            type,
            new PluginInfo(
                kind,
                plugin,
                Origin.module(implementation),
                Origin.version(implementation),
                source)));
  }

  /** The jar of the provider that the error's message names, if it can be found. */
  private static String jarOf(Throwable error, ClassLoader resources) {
    Matcher provider = PROVIDER.matcher(String.valueOf(error.getMessage()));
    if (!provider.find()) {
      return "";
    }
    String file = provider.group(1).replace('.', '/') + ".class";
    URL url = resources.getResource(file);
    return url == null ? "" : Origin.of(url, file);
  }

  /** What to think of a part of the API that is not there. */
  private static String otherVersion(Throwable error) {
    String api = Plugin.class.getPackageName().replace(".spi", "");
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      if (cause instanceof LinkageError
          && String.valueOf(cause.getMessage()).replace('/', '.').contains(api + ".")) {
        return "; it was built for another version of upstream-api (this one is "
            + Origin.version(Plugin.class).orElse("unknown")
            + ")";
      }
    }
    return "";
  }

  /** The error's message and those of its causes, which hold the reason. */
  static String reason(Throwable error) {
    String message = error.getMessage();
    StringBuilder reason = new StringBuilder(message == null ? error.toString() : message);
    Throwable cause = error.getCause();
    for (int depth = 0; cause != null && depth < 5; depth++) {
      if (reason.indexOf(cause.toString()) < 0) {
        reason.append(": ").append(cause);
      }
      cause = cause.getCause();
    }
    return reason.toString();
  }
}
