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
 * The available plug-ins, by kind and type. Immutable except for {@link #close}; thread-safe.
 *
 * <p>A type is selected by its name alone; there are no priorities. If two plug-ins of one kind
 * claim the same type, requesting it is an error that names both. A plug-in that cannot be loaded
 * is recorded and does not affect others.
 */
public final class PluginCatalog implements AutoCloseable {
  /** The kinds of plug-ins, and their names in messages. */
  static final Map<Class<? extends Plugin>, String> KINDS = kinds();

  private static final int MOST_NAMED = 3;

  private final Map<Class<? extends Plugin>, TreeMap<String, List<PluginInfo>>> byKind;
  private final List<PluginProblem> broken;
  private final List<PluginProblem> problems;
  private final List<PluginLoader> loaders;

  private PluginCatalog(PluginScan scan) {
    this.broken = List.copyOf(scan.problems());
    this.loaders = List.copyOf(scan.loaders());
    this.byKind = new LinkedHashMap<>();
    List<PluginProblem> all = new ArrayList<>(broken);
    for (Class<? extends Plugin> kind : KINDS.keySet()) {
      TreeMap<String, List<PluginInfo>> claims = new TreeMap<>();
      for (PluginInfo info : scan.found()) {
        if (info.kind() == kind) {
          claims.computeIfAbsent(info.type(), type -> new ArrayList<>()).add(info);
        }
      }
      claims.replaceAll((type, claiming) -> preferred(kind, type, claiming, all));
      byKind.put(kind, claims);
    }
    this.problems = List.copyOf(all);
  }

  /** Returns the plug-ins that may have a type: built-in ones take precedence over others. */
  private static List<PluginInfo> preferred(
      Class<? extends Plugin> kind, String type, List<PluginInfo> claims, List<PluginProblem> all) {
    int best = claims.stream().mapToInt(PluginCatalog::rank).min().orElseThrow();
    List<PluginInfo> first = claims.stream().filter(info -> rank(info) == best).toList();
    for (PluginInfo other : claims) {
      if (rank(other) != best) {
        all.add(
            new PluginProblem(
                other.source().orElse(""),
                other.plugin().getClass().getName()
                    + ": not used: "
                    + KINDS.get(kind)
                    + " type \""
                    + type
                    + "\" is built in (expected: a type of its own)"));
      }
    }
    if (first.size() > 1) {
      all.add(new PluginProblem("", conflict(kind, type, first)));
    }
    return first;
  }

  private static int rank(PluginInfo info) {
    Class<?> type = info.plugin().getClass();
    return PluginScan.isOwn(type) ? 0 : PluginScan.isNamedAsOwn(type) ? 1 : 2;
  }

  private static Map<Class<? extends Plugin>, String> kinds() {
    Map<Class<? extends Plugin>, String> kinds = new LinkedHashMap<>();
    kinds.put(LoadBalancerProvider.class, "load balancer");
    kinds.put(DiscoveryProvider.class, "discovery");
    kinds.put(HealthChecker.class, "health check");
    return Collections.unmodifiableMap(kinds);
  }

  /**
   * Finds the plug-ins on the module path, on the class path and in folders. A plug-in that cannot
   * be loaded is recorded and reported when its type is requested. Blocks while it reads files.
   *
   * <p>The search covers the module layer of this library, its class loader and the context class
   * loader of the calling thread. A class that is found in several ways counts once.
   *
   * @param registered plug-ins of the program, and those that are built in
   * @param folders folders of jars and of folders of jars; a single jar is one plug-in, a folder is
   *     one plug-in with the jars it needs
   * @throws IllegalArgumentException when a registered plug-in is of no known kind
   */
  public static PluginCatalog find(List<Plugin> registered, List<Path> folders) {
    PluginScan scan = new PluginScan(PluginScan.Place.PROGRAM);
    registered.forEach(scan::register);
    new ProgramSearch(scan).search();
    for (Path folder : folders) {
      new PluginFolder(folder, scan).search();
    }
    return new PluginCatalog(scan);
  }

  /**
   * Returns the plug-in of a kind and a type.
   *
   * @param kind {@code LoadBalancerProvider}, {@code DiscoveryProvider} or {@code HealthChecker}
   * @throws PluginException when there is none, when two claim the type, or when it could not be
   *     loaded
   */
  public PluginInfo get(Class<? extends Plugin> kind, String type) {
    requireNonNull(type, "type");
    Map<String, List<PluginInfo>> byType = byType(kind);
    List<PluginInfo> claims = byType.getOrDefault(type, List.of());
    if (claims.size() > 1) {
      throw new PluginException(conflict(kind, type, claims));
    }
    if (claims.isEmpty()) {
      throw new PluginException(missing(kind, type, byType.keySet()));
    }
    return claims.get(0);
  }

  /** Returns the types of a kind in alphabetical order, including those that two plug-ins claim. */
  public SortedSet<String> types(Class<? extends Plugin> kind) {
    return Collections.unmodifiableSortedSet(new TreeSet<>(byType(kind).keySet()));
  }

  /** Returns all plug-ins, by kind and type. */
  public List<PluginInfo> plugins() {
    return byKind.values().stream()
        .flatMap(byType -> byType.values().stream())
        .flatMap(List::stream)
        .toList();
  }

  /**
   * Returns the plug-ins that could not be loaded or are not used, each with its jar, module or
   * class and the reason, and the types that two plug-ins claim.
   */
  public List<PluginProblem> problems() {
    return problems;
  }

  /**
   * Closes the class loaders of plug-in folders. Do not use their plug-ins afterwards.
   *
   * @throws UncheckedIOException when a jar cannot be closed; the others are closed all the same
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

  /**
   * Returns the kind of a plug-in.
   *
   * @throws IllegalArgumentException when it is of no known kind
   */
  static Class<? extends Plugin> kindOf(Plugin plugin) {
    for (Class<? extends Plugin> kind : KINDS.keySet()) {
      if (kind.isInstance(plugin)) {
        return kind;
      }
    }
    throw new IllegalArgumentException(
        "plug-in "
            + plugin.getClass().getName()
            + " (expected: one of "
            + KINDS.keySet().stream().map(Class::getSimpleName).toList()
            + ")");
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
    String artifact = Artifacts.of(kind, type);
    return "no "
        + KINDS.get(kind)
        + " of type "
        + Problem.quoted(type)
        + Suggestion.instead(type, known)
        + (isClose || !broken.isEmpty()
            ? ""
            : "; add "
                + (artifact == null ? "its jar" : artifact)
                + " to the class path, the module path or a plug-in folder")
        + (broken.isEmpty() ? "" : "; could not load: " + likely(type));
  }

  /**
   * Lists plug-ins that could not be loaded, as far as a message has room; first those whose
   * description contains the type.
   */
  private String likely(String type) {
    List<String> named =
        broken.stream().map(PluginProblem::toString).filter(text -> text.contains(type)).toList();
    List<String> shown =
        (named.isEmpty() ? broken.stream().map(PluginProblem::toString).toList() : named)
            .stream().limit(MOST_NAMED).toList();
    int left = broken.size() - shown.size();
    return String.join("; ", shown)
        + (left == 0 ? "" : "; and " + left + " more, which \"upstream plugins\" lists");
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
