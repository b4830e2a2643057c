package io.upstream4j.core.config;

import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.option.Problems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Puts the keys of other files into an upstream. Its own count before theirs, and those of a file
 * before those of the files after it. A relative path starts at the folder of the configuration.
 */
final class Includes {
  private final Problems problems;
  private final FileAccess access;
  private final List<Path> files = new ArrayList<>();

  Includes(Problems problems, FileAccess access) {
    this.problems = problems;
    this.access = access;
  }

  /** The files that were read. */
  List<Path> files() {
    return List.copyOf(files);
  }

  /** The upstream with everything put in. */
  Node.Mapping expand(Node.Mapping upstream, String path) {
    Node.Entry includes = find(upstream);
    if (includes == null) {
      return upstream;
    }
    String at = path + "." + includes.key();
    List<Node.Entry> all = new ArrayList<>(upstream.entries());
    Set<String> known = new HashSet<>();
    all.forEach(entry -> known.add(entry.key()));
    // Whether it is a list of texts is told where all keys are read.
    Node.Mapping alone = new Node.Mapping(includes.location(), List.of(includes));
    List<String> names =
        Options.read(List.of(Keys.INCLUDES), alone, path, new Problems())
            .find(Keys.INCLUDES)
            .orElse(List.of());
    for (String name : names) {
      Node.Mapping read = read(name, includes.location(), at);
      for (Node.Entry entry : read == null ? List.<Node.Entry>of() : read.entries()) {
        if (known.add(entry.key())) {
          all.add(entry);
        }
      }
    }
    return new Node.Mapping(upstream.location(), all);
  }

  private static Node.@Nullable Entry find(Node.Mapping mapping) {
    return mapping.entries().stream()
        .filter(entry -> entry.key().equals(Keys.INCLUDES.name()))
        .findFirst()
        .orElse(null);
  }

  private Node.@Nullable Mapping read(String name, Location location, String at) {
    Path file = access.resolve(name, location, at, "the keys themselves", problems);
    if (file == null) {
      return null;
    }
    if (!Files.isRegularFile(file)) {
      problems.add(location, at, file + ": no such file (expected: a file of YAML)");
      return null;
    }
    String source = file.toString();
    String text = ConfigLoader.read(file, source, problems);
    Node node = text == null ? null : YamlReader.read(source, text, problems);
    if (node == null) {
      return null;
    }
    files.add(file);
    if (!(node instanceof Node.Mapping mapping)) {
      problems.add(
          node.location(),
          at,
          Keys.describe(node) + " (expected: a mapping of keys of an upstream)");
      return null;
    }
    Node.Entry nested = find(mapping);
    if (nested != null) {
      problems.add(
          nested.location(),
          at,
          "in a file that is included itself (expected: no further includes)");
      return null;
    }
    return mapping;
  }
}
