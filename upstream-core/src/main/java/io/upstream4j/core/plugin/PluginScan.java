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
 * Collects plug-ins and what went wrong with others. One thread adds; any thread may read what was
 * found so far.
 */
final class PluginScan {
  /** Where plug-ins are looked for. */
  enum Place {
    /** On the path of the program, by a thread that has to go on. */
    PROGRAM,
    /** In a jar or folder, by a thread for it alone. */
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

  /** What the scanning thread does, as the beginning of a message that says for how long. */
  String step() {
    return step;
  }

  void step(String next) {
    step = next;
  }

  /** Takes over what another scan has found so far. */
  void addAll(PluginScan other) {
    found.addAll(other.found);
    problems.addAll(other.problems);
    loaders.addAll(other.loaders);
  }

  /** Takes an instance that the program made. */
  void register(Plugin plugin) {
    PluginCatalog.kindOf(requireNonNull(plugin, "plugin"));
    for (Class<? extends Plugin> kind : PluginCatalog.KINDS.keySet()) {
      if (kind.isInstance(plugin)) {
        add(kind, plugin.getClass(), () -> plugin, "", Optional.empty());
      }
    }
  }

  /**
   * Makes a plug-in and asks it who it is. Whatever it does, the scan goes on.
   *
   * @param where its jar in messages; may be empty
   * @param source its jar or folder, for people
   * @return the plug-in; null when that is a problem now
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

  /** Also that they can be shown: the text of a default is made by the plug-in. */
  private static @Nullable List<Option<?>> options(Plugin plugin) {
    List<Option<?>> told = plugin.options();
    if (told == null) {
      return null; // which the guard reports
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

  /** Whether a class is part of this library, and so is trusted to return. */
  @SuppressWarnings("ReferenceEquality") // the very loader, the very layer
  static boolean isOwn(Class<?> type) {
    Class<?> own = PluginScan.class;
    return isNamedAsOwn(type)
        && (type.getClassLoader() == own.getClassLoader()
            || (type.getModule().isNamed()
                && own.getModule().isNamed()
                && type.getModule().getLayer() == own.getModule().getLayer()));
  }

  /** Whether a class is named as those of this library are. */
  static boolean isNamedAsOwn(Class<?> type) {
    return type.getName().startsWith("io.upstream4j.");
  }

  private static String inJar(Optional<String> source) {
    return source.map(path -> " (" + path.substring(path.lastIndexOf('/') + 1) + ")").orElse("");
  }
}
