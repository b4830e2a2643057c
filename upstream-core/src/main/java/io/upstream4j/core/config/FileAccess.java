package io.upstream4j.core.config;

import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Problems;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Whether a configuration may name files of this machine, and where those are. */
enum FileAccess {
  /** It is of this machine itself. */
  PERMITTED,
  /** It came from elsewhere. */
  REFUSED;

  /**
   * The file of that name, which need not be there; a relative one starts at the folder of the
   * configuration.
   *
   * @param location of the name
   * @param instead what would be right where no file is read
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
