package io.upstream4j.core.config;

import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Problems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The files that the upstreams of a configuration include. Each is read once. Not thread-safe.
 *
 * <p>All included files together may be as large as the configuration itself, so the memory does
 * not grow with the number of upstreams.
 */
final class IncludedFiles {
  /** The greatest number of files; each is watched. */
  static final int MAX_FILES = 256;

  private final Problems problems;
  private final Map<Path, Optional<Node.Mapping>> read = new HashMap<>();
  private long characters;

  IncludedFiles(Problems problems) {
    this.problems = problems;
  }

  /**
   * Returns the content of a file, or null when it has a problem. Problems are reported where the
   * file is named first.
   *
   * @param location the location of its name
   * @param at the path of that location
   */
  Node.@Nullable Mapping read(Path file, Location location, String at) {
    if (!Files.isRegularFile(file)) {
      problems.add(location, at, file + ": no such file (expected: a file of YAML)");
      return null;
    }
    Optional<Node.Mapping> known = read.get(file);
    if (known == null) {
      known = Optional.ofNullable(readAnew(file, location, at));
      read.put(file, known);
    }
    return known.orElse(null);
  }

  private Node.@Nullable Mapping readAnew(Path file, Location location, String at) {
    if (read.size() >= MAX_FILES) {
      problems.add(
          location,
          at,
          file + ": more than " + MAX_FILES + " files are included (expected: at most that many)");
      return null;
    }
    String source = file.toString();
    String text = ConfigFile.read(file, source, problems);
    if (text == null) {
      return null;
    }
    characters += text.length();
    if (characters > ConfigLoader.MAX_BYTES) {
      problems.add(
          location,
          at,
          file
              + ": with it, the files that are included have more than "
              + ConfigLoader.MAX_BYTES
              + " characters (expected: at most that many)");
      return null;
    }
    Node node = YamlReader.read(source, text, problems);
    if (node == null) {
      return null;
    }
    if (!(node instanceof Node.Mapping mapping)) {
      problems.add(
          node.location(),
          at,
          Keys.describe(node) + " (expected: a mapping of keys of an upstream)");
      return null;
    }
    Node.Entry nested = mapping.entry(Keys.INCLUDES.name()).orElse(null);
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
