package io.upstream4j.core.config;

import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.option.Problem;
import io.upstream4j.api.option.Problems;
import io.upstream4j.api.option.VisibleText;
import io.upstream4j.api.spi.Plugin;
import io.upstream4j.core.plugin.PluginCallException;
import io.upstream4j.core.plugin.PluginCatalog;
import io.upstream4j.core.plugin.PluginException;
import io.upstream4j.core.plugin.PluginGuard;
import io.upstream4j.core.plugin.PluginInfo;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Looks up plug-ins and reads their options. A plug-in that fails is reported as a problem. Not
 * thread-safe.
 */
final class PluginReader {
  /** A plug-in with its description. */
  record Known<P extends Plugin>(P plugin, PluginInfo info) {
    boolean takes(String name) {
      return info.options().stream().anyMatch(option -> option.name().equals(name));
    }

    PluginChoice<P> choice(Options options, String path) {
      return new PluginChoice<>(plugin, info, options, path);
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

  /** Returns the plug-in of a type, or adds a problem and returns null. */
  <P extends Plugin> @Nullable Known<P> find(
      Class<P> kind, String type, Location location, String path) {
    return find(kind, type, Optional.empty(), location, path);
  }

  /**
   * Returns the plug-in of a type, which may be another program's name.
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
      PluginInfo info = catalog.get(kind, type);
      return new Known<>(kind.cast(info.plugin()), info);
    } catch (PluginException e) {
      problems.add(location, path, String.valueOf(e.getMessage()));
      return null;
    }
  }

  /** Reads a plug-in's options, or adds problems and returns null. */
  @Nullable Options read(Known<?> known, Node.Mapping mapping, String path, Problems into) {
    PluginGuard guard = known.info().guard();
    // The option readers belong to the plug-in. Problems that an abandoned call adds late must not
    // appear.
    Problems found = guard.isApart() ? new Problems() : into;
    int before = found.size();
    Options options;
    try {
      options =
          guard.callAndWait(
              "its options",
              () -> Options.read(known.info().options(), mapping, path, found),
              new CompletableFuture<Void>());
    } catch (PluginCallException e) {
      into.add(mapping.location(), path, "plug-in " + guard.name() + " " + e.reason());
      return null;
    }
    boolean isRight = found.size() == before;
    if (found != into) {
      found.list().forEach(each -> into.add(each.location(), each.path(), each.message()));
    }
    return isRight ? options : null;
  }

  /**
   * Returns the type, from a short form or a mapping, with the value under it; or adds a problem
   * and returns null.
   *
   * @param shortForm expands a text to its mapping, or adds a problem and returns null
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

  /**
   * Returns the only entry of a mapping, whose key is the type, or adds a problem and returns null.
   */
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

  /** Returns the options under a type; none if the value is empty. */
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
}
