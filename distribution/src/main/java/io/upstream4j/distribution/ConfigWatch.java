package io.upstream4j.distribution;

import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;

/** Notices that any of some files was changed or replaced. For one thread. */
final class ConfigWatch {
  private final Map<Path, FileWatch> watches = new LinkedHashMap<>();

  /** Follows these files, and no others that it followed before. */
  void follow(Collection<Path> files) {
    watches.keySet().retainAll(files);
    files.forEach(file -> watches.computeIfAbsent(file, FileWatch::new));
  }

  /** Whether one has changed since the last call, and for long enough. */
  boolean hasChanged() {
    boolean changed = false;
    for (FileWatch watch : watches.values()) {
      changed |= watch.hasChanged();
    }
    return changed;
  }

  /** The files as they are now are known already. */
  void known() {
    watches.values().forEach(FileWatch::known);
  }
}
