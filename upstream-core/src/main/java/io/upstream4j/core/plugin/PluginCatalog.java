package io.upstream4j.core.plugin;

import static java.util.Objects.requireNonNull;

import io.upstream4j.api.option.Problem;
import io.upstream4j.api.option.Suggestion;
import io.upstream4j.api.spi.DiscoveryProvider;
import io.upstream4j.api.spi.HealthChecker;
import io.upstream4j.api.spi.LoadBalancerProvider;
import io.upstream4j.api.spi.Plugin;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The plug-ins there are, by kind and type. Immutable but for {@link #close}; safe for use by any
 * thread.
 *
 * <p>A type is chosen by its name alone: no priorities. Two plug-ins of one kind that claim one
 * type are an error, which names both, when that type is asked for. A plug-in that cannot be loaded
 * is remembered and hurts nothing else.
 */
public final class PluginCatalog implements AutoCloseable {
  /** The kinds there are, and what messages call them. */
  static final Map<Class<? extends Plugin>, String> KINDS = kinds();

  private final Map<Class<? extends Plugin>, TreeMap<String, List<PluginInfo>>> byKind;
  private final List<String> broken;
  private final List<String> problems;
  private final List<PluginLoader> loaders;

  private PluginCatalog(PluginScan scan) {
    this.broken = List.copyOf(scan.problems());
    this.loaders = List.copyOf(scan.loaders());
    this.byKind = new LinkedHashMap<>();
    List<String> all = new ArrayList<>(broken);
    for (Class<? extends Plugin> kind : KINDS.keySet()) {
      TreeMap<String, List<PluginInfo>> byType = new TreeMap<>();
      for (PluginScan.Found found : scan.found()) {
        if (found.info().kind() == kind) {
          byType.computeIfAbsent(found.type(), type -> new ArrayList<>()).add(found.info());
        }
      }
      byType.forEach(
          (type, claims) -> {
            if (claims.size() > 1) {
              all.add(conflict(kind, type, claims));
            }
          });
      byKind.put(kind, byType);
    }
    this.problems = List.copyOf(all);
  }

  private static Map<Class<? extends Plugin>, String> kinds() {
    Map<Class<? extends Plugin>, String> kinds = new LinkedHashMap<>();
    kinds.put(LoadBalancerProvider.class, "load balancer");
    kinds.put(DiscoveryProvider.class, "discovery");
    kinds.put(HealthChecker.class, "health check");
    return Collections.unmodifiableMap(kinds);
  }

  /**
   * Finds what the module path, the class path and the folders hold. What cannot be loaded is
   * remembered, reported when its type is asked for, and hurts nothing else. Blocks while it reads
   * files.
   *
   * <p>The search covers the module layer of this library, its class loader and the context class
   * loader of the calling thread. A class that is found in several of these ways counts once.
   *
   * @param registered plug-ins of the program's own, and those that are built in
   * @param folders each holds jars, and folders of jars: a jar alone is one plug-in, a folder is
   *     one plug-in with the jars it needs
   * @throws IllegalArgumentException when a registered plug-in is of no known kind
   */
  public static PluginCatalog find(List<Plugin> registered, List<Path> folders) {
    PluginScan scan = new PluginScan();
    registered.forEach(scan::register);
    scan.searchProgram();
    for (Path folder : folders) {
      new PluginFolder(folder, scan).search();
    }
    return new PluginCatalog(scan);
  }

  /**
   * The plug-in of a kind and a type.
   *
   * @param kind {@code LoadBalancerProvider}, {@code DiscoveryProvider} or {@code HealthChecker}
   * @throws PluginException when there is none, or two claim the type, or it could not be loaded
   */
  public <P extends Plugin> P get(Class<P> kind, String type) {
    requireNonNull(type, "type");
    Map<String, List<PluginInfo>> byType = byType(kind);
    List<PluginInfo> claims = byType.getOrDefault(type, List.of());
    if (claims.size() > 1) {
      throw new PluginException(conflict(kind, type, claims));
    }
    if (claims.isEmpty()) {
      throw new PluginException(missing(kind, type, byType.keySet()));
    }
    return kind.cast(claims.get(0).plugin());
  }

  /** The types of a kind, in alphabetical order; those that two plug-ins claim included. */
  public SortedSet<String> types(Class<? extends Plugin> kind) {
    return Collections.unmodifiableSortedSet(new TreeSet<>(byType(kind).keySet()));
  }

  /** All plug-ins, by kind and type. */
  public List<PluginInfo> plugins() {
    return byKind.values().stream()
        .flatMap(byType -> byType.values().stream())
        .flatMap(List::stream)
        .toList();
  }

  /**
   * What could not be loaded, each with jar, module or class and the reason; and the types that two
   * plug-ins claim.
   */
  public List<String> problems() {
    return problems;
  }

  /**
   * Closes the class loaders of plug-in folders. Their plug-ins must not be used any more.
   *
   * @throws UncheckedIOException when a jar cannot be closed; the others are
   */
  @Override
  public void close() {
    IOException failure = null;
    for (PluginLoader loader : loaders) {
      try {
        loader.close();
      } catch (IOException e) {
        if (failure == null) {
          failure = e;
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    if (failure != null) {
      throw new UncheckedIOException(failure);
    }
  }

  private Map<String, List<PluginInfo>> byType(Class<? extends Plugin> kind) {
    Map<String, List<PluginInfo>> byType = byKind.get(kind);
    if (byType == null) {
      throw new IllegalArgumentException(
          "kind: "
              + kind.getName()
              + " (expected: one of "
              + KINDS.keySet().stream().map(Class::getSimpleName).toList()
              + ")");
    }
    return byType;
  }

  private String missing(Class<? extends Plugin> kind, String type, Set<String> known) {
    boolean isClose = Suggestion.closest(type, known).isPresent();
    return "no "
        + KINDS.get(kind)
        + " of type "
        + Problem.quoted(type)
        + Suggestion.instead(type, known)
        + (isClose || !broken.isEmpty()
            ? ""
            : "; add its jar to the plugins folder or the module path")
        + (broken.isEmpty() ? "" : "; could not load: " + broken);
  }

  private static String conflict(
      Class<? extends Plugin> kind, String type, List<PluginInfo> claims) {
    return KINDS.get(kind)
        + " type \""
        + type
        + "\" is claimed by "
        + claims.stream().map(PluginCatalog::describe).collect(Collectors.joining(" and by "))
        + "; remove all but one";
  }

  private static String describe(PluginInfo info) {
    String module = info.module().map(name -> " of module " + name).orElse("");
    Class<?> type = info.plugin().getClass();
    return type.getName()
        + info.source()
            .map(source -> module + " (" + source + ")")
            .orElse(
                Origin.isLinked(type)
                    ? module + " (linked into the image)"
                    : " (registered by the program)");
  }
}
