package io.upstream4j.core.config;

import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Problems;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Whether a configuration may refer to files of this machine, and the folder of relative paths. */
enum FileAccess {
  /** The configuration is from this machine. */
  PERMITTED,
  /** The configuration is from another machine. */
  REFUSED;

  /**
   * Returns a file, which need not exist. Relative paths start at the folder of the configuration.
   *
   * @param location the location of the name
   * @param instead what to write where files are not read
   * @return null when there is a problem, which was added
   */
  @Nullable Path resolve(
      String name, Location location, String path, String instead, Problems problems) {
    if (this == REFUSED) {
      problems.add(
          location,
          path,
          "files are read only for a configuration that is one (expected: " + instead + ")");
      return null;
    }
    try {
      Path folder = Path.of(location.source()).toAbsolutePath().getParent();
      return folder == null ? Path.of(name) : folder.resolve(name).normalize();
    } catch (InvalidPathException e) {
      problems.add(location, path, e.getMessage() + " (expected: a path)");
      return null;
    }
  }
}
