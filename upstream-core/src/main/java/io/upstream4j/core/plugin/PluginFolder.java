package io.upstream4j.core.plugin;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A folder of plug-ins: each jar, and each folder of jars, is one plug-in with its own class
 * loader. Names that begin with a dot, and further paths to the same file, are ignored.
 *
 * <p>Each plug-in is loaded by its own thread. A slow one does not delay the next, and is abandoned
 * after {@link PluginGuard#PATIENCE}; what it has provided until then is used.
 */
final class PluginFolder {
  private static final int MOST = 1_000;

  // Loading a plug-in takes a fraction of this time, so plug-ins are loaded one after another
  // unless one hangs.
  private static final long HEAD_START_MILLIS = 200;
  private static final int MOST_HEAD_STARTS = 10;

  private final Path folder;
  private final PluginScan scan;

  PluginFolder(Path folder, PluginScan scan) {
    this.folder = folder;
    this.scan = scan;
  }

  /** A plug-in that is being loaded. */
  private record Loading(Path unit, PluginScan scan, Thread thread, long startNanos) {
    static Loading start(Path unit, List<Path> jars) {
      PluginScan own = new PluginScan(PluginScan.Place.UNIT);
      Thread thread =
          new Thread(
              () -> {
                try {
                  new PluginUnit(unit, own).load(jars);
                } catch (Throwable e) { // nothing that a plug-in throws may escape
                  own.problem(unit.toString(), PluginGuard.threw(e, "loading"));
                }
              },
              PluginGuard.THREAD + unit);
      thread.setDaemon(true);
      thread.start();
      return new Loading(unit, own, thread, System.nanoTime());
    }

    /** Waits until it has ended, or until a time after its start. Returns whether it has ended. */
    boolean await(long millis) {
      boolean interrupted = false;
      long end = startNanos + TimeUnit.MILLISECONDS.toNanos(millis);
      while (thread.isAlive() && end - System.nanoTime() > 0) {
        try {
          TimeUnit.NANOSECONDS.timedJoin(thread, end - System.nanoTime());
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
      return !thread.isAlive();
    }
  }

  void search() {
    if (!Files.isDirectory(folder)) {
      scan.problem(folder.toString(), "not a folder (expected: a folder of plug-in jars)");
      return;
    }
    List<Loading> all = new ArrayList<>();
    int late = 0;
    Set<Path> seen = new HashSet<>();
    for (Path entry : list(folder)) {
      List<Path> jars = jars(entry, seen);
      if (!jars.isEmpty()) {
        Loading loading = Loading.start(entry, jars);
        late += loading.await(late < MOST_HEAD_STARTS ? HEAD_START_MILLIS : 1) ? 0 : 1;
        all.add(loading);
      }
    }
    for (Loading loading : all) {
      boolean ended = loading.await(PluginGuard.PATIENCE.toMillis());
      String overdue = ended ? "" : PluginGuard.overdue(loading.scan().step(), loading.thread());
      scan.addAll(loading.scan());
      if (!ended) {
        scan.problem(loading.unit().toString(), overdue);
        loading.thread().interrupt(); // ends a plug-in that only sleeps
      }
    }
  }

  /** Returns the jars of the plug-in at an entry; empty when it is not a plug-in. */
  private List<Path> jars(Path entry, Set<Path> seen) {
    if (Files.isDirectory(entry)) {
      Path real = real(entry);
      if (real == null || holdsThis(real)) {
        scan.problem(
            entry.toString(), "a link to a folder that holds it (expected: a folder of its own)");
        return List.of();
      }
      if (!seen.add(real)) {
        return List.of();
      }
      List<Path> jars = list(entry).stream().filter(this::isJar).toList();
      if (jars.isEmpty() && list(entry).stream().noneMatch(PluginFolder::isNamedJar)) {
        scan.problem(
            entry.toString(), "no jar in it (expected: a plug-in's jar and the jars it needs)");
      }
      return jars;
    }
    return isJar(entry) && seen.add(real(entry)) ? List.of(entry) : List.of();
  }

  private boolean holdsThis(Path realEntry) {
    Path here = real(folder);
    return here == null || here.startsWith(realEntry);
  }

  private static @Nullable Path real(Path path) {
    try {
      return path.toRealPath();
    } catch (IOException e) {
      return null;
    }
  }

  private static boolean isNamedJar(Path file) {
    return file.getFileName().toString().endsWith(".jar");
  }

  /**
   * Returns whether the file can be opened as a jar. Opening a named pipe would block until it has
   * a writer.
   */
  private boolean isJar(Path file) {
    if (!isNamedJar(file) || Files.isDirectory(file)) {
      return false;
    }
    if (Files.isRegularFile(file)) {
      return true;
    }
    scan.problem(
        file.toString(),
        Files.exists(file)
            ? "not a regular file (expected: a jar)"
            : "a link that leads nowhere (expected: a jar)");
    return false;
  }

  private List<Path> list(Path directory) {
    try (Stream<Path> entries = Files.list(directory)) {
      List<Path> all =
          entries
              .filter(entry -> !entry.getFileName().toString().startsWith("."))
              .limit(MOST + 1)
              .sorted()
              .toList();
      if (all.size() > MOST) {
        scan.problem(
            directory.toString(), "too many files (expected: at most " + MOST + " in one folder)");
        return List.of();
      }
      return all;
    } catch (NotDirectoryException e) {
      return List.of(); // deleted meanwhile
    } catch (IOException | RuntimeException e) {
      scan.problem(directory.toString(), "cannot be read: " + PluginGuard.message(e));
      return List.of();
    }
  }
}
