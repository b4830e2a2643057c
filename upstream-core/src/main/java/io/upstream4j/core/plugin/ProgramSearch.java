package io.upstream4j.core.plugin;

import io.upstream4j.api.spi.Plugin;
import java.net.URL;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.Spliterator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Finds the plug-ins of the program: those in the module layer of this library, in its class loader
 * and in the context class loader of the calling thread. A class that is found in several ways
 * counts once. Not thread-safe.
 */
final class ProgramSearch {
  private static final Pattern PROVIDER = Pattern.compile("Provider ([\\p{Alnum}_$.]+)");

  /** A loader that fails this often is abandoned, because it may fail without end. */
  private static final int MAX_FAILURES = 1_000;

  private record Seen(Class<? extends Plugin> kind, Class<?> type) {}

  private final PluginScan scan;
  private final Set<Seen> seen = new HashSet<>();

  ProgramSearch(PluginScan scan) {
    this.scan = scan;
  }

  void search() {
    scan.found().forEach(info -> seen.add(new Seen(info.kind(), info.plugin().getClass())));
    ModuleLayer layer = ProgramSearch.class.getModule().getLayer();
    Set<ClassLoader> classLoaders = new LinkedHashSet<>();
    classLoaders.add(ProgramSearch.class.getClassLoader());
    ClassLoader context = Thread.currentThread().getContextClassLoader();
    if (context != null) {
      classLoaders.add(context);
    }
    for (Class<? extends Plugin> kind : PluginCatalog.KINDS.keySet()) {
      searchKind(kind, layer, classLoaders);
    }
  }

  private <P extends Plugin> void searchKind(
      Class<P> kind, @Nullable ModuleLayer layer, Set<ClassLoader> classLoaders) {
    if (layer != null) {
      search(kind, ServiceLoader.load(layer, kind), ProgramSearch.class.getClassLoader());
    }
    for (ClassLoader loader : classLoaders) {
      search(kind, ServiceLoader.load(kind, loader), loader);
    }
  }

  /**
   * Iterates over a service loader one provider at a time, so that a broken one does not affect the
   * others.
   *
   * @param resources finds the jar of a class that could not be loaded
   */
  private <P extends Plugin> void search(
      Class<P> kind, ServiceLoader<P> services, ClassLoader resources) {
    Spliterator<ServiceLoader.Provider<P>> providers = services.stream().spliterator();
    for (int failures = 0; failures < MAX_FAILURES; ) {
      try {
        if (!providers.tryAdvance(provider -> take(kind, provider))) {
          return;
        }
      } catch (Throwable e) { // the jar may be damaged, badly signed or for another Java version
        failures++;
        scan.problem(jarOf(e, resources), PluginGuard.describe(reason(e)));
      }
    }
  }

  /** Unwraps a service loader's error, whose own message adds nothing to its cause. */
  private static Throwable reason(Throwable error) {
    return error instanceof ServiceConfigurationError && error.getCause() != null
        ? error.getCause()
        : error;
  }

  private <P extends Plugin> void take(Class<P> kind, ServiceLoader.Provider<P> provider) {
    // A module may provide by a method, whose return type may be the kind itself.
    Class<?> type = provider.type();
    if (type != kind && !seen.add(new Seen(kind, type))) {
      return;
    }
    Optional<String> source = type == kind ? Optional.empty() : Origin.of(type);
    scan.add(kind, type, provider::get, source.orElse(""), source);
  }

  /** Returns the jar of the provider that the error's message names, if it can be found. */
  private static String jarOf(Throwable error, ClassLoader resources) {
    Matcher provider = PROVIDER.matcher(PluginGuard.message(error));
    if (!provider.find()) {
      return "";
    }
    String file = provider.group(1).replace('.', '/') + ".class";
    URL url = resources.getResource(file);
    return url == null ? "" : Origin.of(url, file);
  }
}
