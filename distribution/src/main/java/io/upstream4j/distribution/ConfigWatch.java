package io.upstream4j.distribution;

import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;

/** Detects changes of several files. Not thread-safe. */
final class ConfigWatch {
  private final Map<Path, FileWatch> watches = new LinkedHashMap<>();

  /** Sets the files to watch. */
  void follow(Collection<Path> files) {
    watches.keySet().retainAll(files);
    files.forEach(file -> watches.computeIfAbsent(file, FileWatch::new));
  }

  /** Returns whether a file has changed since the last call and is stable. */
  boolean hasChanged() {
    boolean changed = false;
    for (FileWatch watch : watches.values()) {
      changed |= watch.hasChanged();
    }
    return changed;
  }

  /** Takes the current content of the files as known. */
  void known() {
    watches.values().forEach(FileWatch::known);
  }
}
