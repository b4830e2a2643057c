package io.upstream4j.core.plugin;

import static java.util.Objects.requireNonNull;

import io.upstream4j.api.option.Option;
import io.upstream4j.api.option.Problem;
import io.upstream4j.api.spi.LoadBalancerProvider;
import io.upstream4j.api.spi.Plugin;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Collects plug-ins and the problems of others. One thread adds; any thread may read the results so
 * far.
 */
final class PluginScan {
  /** Where a scan searches. */
  enum Place {
    /** On the path of the program, in a thread that must continue. */
    PROGRAM,
    /** In a jar or folder, in a thread of its own. */
    UNIT
  }

  private static final Pattern TYPE = Pattern.compile("[a-z][a-z0-9_]{0,63}");
  private static final int MOST_OPTIONS = 256;
  private static final int MOST_PROBLEMS = 1_000;

  private final List<PluginInfo> found = new CopyOnWriteArrayList<>();
  private final Collection<PluginProblem> problems = new CopyOnWriteArraySet<>();
  private final List<PluginLoader> loaders = new CopyOnWriteArrayList<>();
  private final Place place;
  private volatile String step = "";

  PluginScan(Place place) {
    this.place = place;
  }

  List<PluginInfo> found() {
    return found;
  }

  Collection<PluginProblem> problems() {
    return problems;
  }

  List<PluginLoader> loaders() {
    return loaders;
  }

  void problem(String where, String what) {
    if (problems.size() < MOST_PROBLEMS) {
      problems.add(new PluginProblem(where, what));
    }
  }

  void opened(PluginLoader loader) {
    loaders.add(loader);
  }

  /**
   * Returns what the scanning thread is doing, as the beginning of a message that ends with a
   * duration.
   */
  String step() {
    return step;
  }

  void step(String next) {
    step = next;
  }

  /** Adds the results of another scan so far. */
  void addAll(PluginScan other) {
    found.addAll(other.found);
    problems.addAll(other.problems);
    loaders.addAll(other.loaders);
  }

  /** Adds an instance that the program created. */
  void register(Plugin plugin) {
    PluginCatalog.kindOf(requireNonNull(plugin, "plugin"));
    for (Class<? extends Plugin> kind : PluginCatalog.KINDS.keySet()) {
      if (kind.isInstance(plugin)) {
        add(kind, plugin.getClass(), () -> plugin, "", Optional.empty());
      }
    }
  }

  /**
   * Instantiates a plug-in and reads its properties. Problems are recorded.
   *
   * @param where its jar in messages; may be empty
   * @param source its jar or folder, for people
   * @return the plug-in, or null when there was a problem
   */
  @Nullable Plugin add(
      Class<? extends Plugin> kind,
      Class<?> declared,
      Callable<? extends Plugin> maker,
      String where,
      Optional<String> source) {
    String className = declared.getName();
    PluginGuard unnamed = guard(declared, className + inJar(source));
    try {
      Plugin plugin = run(unnamed, className, "its constructor", maker);
      String type = type(unnamed, plugin, where);
      if (type == null) {
        return plugin;
      }
      className += " (\"" + type + "\")";
      List<Option<?>> options = run(unnamed, className, "options()", () -> options(plugin));
      boolean makesBackends =
          plugin instanceof LoadBalancerProvider balancer
              && run(unnamed, className, "makesBackends()", balancer::makesBackends);
      PluginGuard guard = guard(plugin.getClass(), "\"" + type + "\"" + inJar(source));
      found.add(new PluginInfo(kind, plugin, type, options, makesBackends, source, guard));
      return plugin;
    } catch (PluginCallException e) {
      problem(where, className + ": " + e.reason());
      return null;
    }
  }

  private @Nullable String type(PluginGuard guard, Plugin plugin, String where)
      throws PluginCallException {
    String className = plugin.getClass().getName();
    String type = run(guard, className, "type()", plugin::type);
    if (TYPE.matcher(type).matches()) {
      return type;
    }
    problem(
        where,
        className
            + ": type "
            + Problem.quoted(type)
            + " (expected: lower-case letters, digits and underscores, a letter first)");
    return null;
  }

  /**
   * Reads the options, and tests that they can be printed: the plug-in makes the text of a default.
   */
  private static @Nullable List<Option<?>> options(Plugin plugin) {
    List<Option<?>> told = plugin.options();
    if (told == null) {
      return null; // reported by the guard
    }
    List<Option<?>> options = List.copyOf(told);
    if (options.size() > MOST_OPTIONS) {
      throw new IllegalArgumentException(
          options.size() + " options (expected: at most " + MOST_OPTIONS + ")");
    }
    Set<String> names = new HashSet<>();
    for (Option<?> option : options) {
      if (!names.add(option.name())) {
        throw new IllegalArgumentException("option \"" + option.name() + "\" twice");
      }
      option.defaultText().ifPresent(text -> requireNonNull(text, "the text of a default"));
    }
    return options;
  }

  private <T> T run(PluginGuard guard, String className, String method, Callable<? extends T> body)
      throws PluginCallException {
    step = className + ": has been in " + method;
    return switch (place) {
      case PROGRAM -> guard.callAndWait(method, body, new CompletableFuture<Void>());
      case UNIT -> guard.call(method, body);
    };
  }

  private static PluginGuard guard(Class<?> type, String name) {
    return isOwn(type) ? PluginGuard.here(name) : PluginGuard.apart(name, type.getClassLoader());
  }

  /** Returns whether a class is part of this library, and so is trusted to return. */
  @SuppressWarnings("ReferenceEquality") // identity is intended
  static boolean isOwn(Class<?> type) {
    Class<?> own = PluginScan.class;
    return isNamedAsOwn(type)
        && (type.getClassLoader() == own.getClassLoader()
            || (type.getModule().isNamed()
                && own.getModule().isNamed()
                && type.getModule().getLayer() == own.getModule().getLayer()));
  }

  /** Returns whether a class is in a package of this library's name. */
  static boolean isNamedAsOwn(Class<?> type) {
    return type.getName().startsWith("io.upstream4j.");
  }

  private static String inJar(Optional<String> source) {
    return source.map(path -> " (" + path.substring(path.lastIndexOf('/') + 1) + ")").orElse("");
  }
}
