package io.upstream4j.core.config;

import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.option.Problems;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Merges the keys of included files into an upstream. The upstream's own keys take precedence, then
 * those of earlier files. Relative paths start at the folder of the configuration.
 */
final class Includes {
  /** The greatest number of files that an upstream may include. */
  static final int MAX_NAMES = 64;

  private final Problems problems;
  private final FileAccess access;
  private final IncludedFiles included;
  private final List<Path> files = new ArrayList<>();

  Includes(Problems problems, FileAccess access, IncludedFiles included) {
    this.problems = problems;
    this.access = access;
    this.included = included;
  }

  /** Returns the files that were read. */
  List<Path> files() {
    return List.copyOf(files);
  }

  /** Returns the upstream with all included keys. */
  Node.Mapping expand(Node.Mapping upstream, String path) {
    Node.Entry includes = upstream.entry(Keys.INCLUDES.name()).orElse(null);
    if (includes == null) {
      return upstream;
    }
    String at = path + "." + includes.key();
    List<Node.Entry> all = new ArrayList<>(upstream.entries());
    Set<String> known = new HashSet<>();
    all.forEach(entry -> known.add(entry.key()));
    // A value of another type is reported later, when all keys are read.
    Node.Mapping alone = new Node.Mapping(includes.location(), List.of(includes));
    List<String> names =
        Options.read(List.of(Keys.INCLUDES), alone, path, new Problems())
            .find(Keys.INCLUDES)
            .orElse(List.of());
    if (names.size() > MAX_NAMES) {
      problems.add(
          includes.location(), at, names.size() + " files (expected: at most " + MAX_NAMES + ")");
      return upstream;
    }
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

  private Node.@Nullable Mapping read(String name, Location location, String at) {
    Path file = access.resolve(name, location, at, "the keys themselves", problems);
    Node.Mapping mapping = file == null ? null : included.read(file, location, at);
    if (file != null && mapping != null) {
      files.add(file);
    }
    return mapping;
  }
}
