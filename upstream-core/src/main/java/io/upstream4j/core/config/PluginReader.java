package io.upstream4j.core.config;

import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Option;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.option.Problem;
import io.upstream4j.api.option.Problems;
import io.upstream4j.api.option.VisibleText;
import io.upstream4j.api.spi.Plugin;
import io.upstream4j.core.plugin.PluginCatalog;
import io.upstream4j.core.plugin.PluginException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Looks plug-ins up and reads their options. A plug-in that fails is a problem. For one thread. */
final class PluginReader {
  /** A plug-in that was found, and what it takes. */
  record Known<P extends Plugin>(P plugin, List<Option<?>> options) {
    boolean takes(String name) {
      return options.stream().anyMatch(option -> option.name().equals(name));
    }
  }

  private final PluginCatalog catalog;
  private final Problems problems;

  PluginReader(PluginCatalog catalog, Problems problems) {
    this.catalog = catalog;
    this.problems = problems;
  }

  Set<String> types(Class<? extends Plugin> kind) {
    return catalog.types(kind);
  }

  /** The plug-in of a type, or null and a problem. */
  <P extends Plugin> @Nullable Known<P> find(
      Class<P> kind, String type, Location location, String path) {
    return find(kind, type, Optional.empty(), location, path);
  }

  /**
   * As {@link #find(Class, String, Location, String)}, for a type that may be another program's
   * word.
   *
   * @param meant what to write instead when there is no such type
   */
  <P extends Plugin> @Nullable Known<P> find(
      Class<P> kind, String type, Optional<String> meant, Location location, String path) {
    if (meant.isPresent() && !types(kind).contains(type)) {
      problems.add(
          location,
          path,
          "no type " + Problem.quoted(type) + "; did you mean \"" + meant.get() + "\"?");
      return null;
    }
    try {
      P plugin = catalog.get(kind, type);
      try {
        return new Known<>(plugin, List.copyOf(plugin.options()));
      } catch (RuntimeException | LinkageError | AssertionError e) {
        problems.add(location, path, broken(plugin, "options() failed: " + e));
        return null;
      }
    } catch (PluginException e) {
      problems.add(location, path, String.valueOf(e.getMessage()));
      return null;
    }
  }

  /** Reads a plug-in's options, or adds problems and returns null. */
  @Nullable Options read(Known<?> known, Node.Mapping mapping, String path, Problems into) {
    int before = into.size();
    try {
      Options options = Options.read(known.options(), mapping, path, into);
      return into.size() == before ? options : null;
    } catch (RuntimeException | LinkageError | AssertionError e) {
      into.add(mapping.location(), path, broken(known.plugin(), "its options failed: " + e));
      return null;
    }
  }

  /**
   * The type that is written, short or as a mapping, and what stands under it, or null and a
   * problem.
   *
   * @param shortForm translates text into the mapping it stands for, or answers null and adds a
   *     problem
   */
  Node.@Nullable Entry typeOf(
      Node node,
      String path,
      String expected,
      Function<Node.Scalar, Node.@Nullable Mapping> shortForm) {
    if (node instanceof Node.Sequence) {
      problems.add(node.location(), path, "a list (expected: " + expected + ")");
      return null;
    }
    Node.Mapping mapping =
        node instanceof Node.Scalar text ? shortForm.apply(text) : (Node.Mapping) node;
    return mapping == null ? null : onlyEntry(mapping, path, expected);
  }

  /** The one entry of a mapping, whose key is the type, or null and a problem. */
  private Node.@Nullable Entry onlyEntry(Node.Mapping mapping, String path, String expected) {
    if (mapping.entries().isEmpty()) {
      problems.add(mapping.location(), path, "names no type (expected: " + expected + ")");
      return null;
    }
    if (mapping.entries().size() > 1) {
      Node.Entry first = mapping.entries().get(0);
      Node.Entry second = mapping.entries().get(1);
      boolean named = first.key().equals("type") && first.value() instanceof Node.Scalar;
      String type = named ? ((Node.Scalar) first.value()).text() : first.key();
      problems.add(
          second.location(),
          path,
          Problem.quoted(second.key())
              + " beside "
              + Problem.quoted(mapping.entries().get(0).key())
              + " (expected: one type around its options, { "
              + VisibleText.shortened(type, 40)
              + ": { "
              + (named ? VisibleText.shortened(second.key(), 40) + ": " : "")
              + "... } })");
      return null;
    }
    return mapping.entries().get(0);
  }

  /** The options under a type; a type with nothing behind it has none. */
  Node.@Nullable Mapping optionsUnder(Node.Entry type, String path) {
    if (type.value() instanceof Node.Mapping mapping) {
      return mapping;
    }
    if (type.value() instanceof Node.Scalar scalar && scalar.text().isEmpty()) {
      return new Node.Mapping(type.location(), List.of());
    }
    problems.add(
        type.value().location(),
        path + "." + type.key(),
        Keys.describe(type.value()) + " (expected: a mapping of options)");
    return null;
  }

  private static String broken(Plugin plugin, String what) {
    return "plug-in " + plugin.getClass().getName() + " is broken: " + what;
  }
}
