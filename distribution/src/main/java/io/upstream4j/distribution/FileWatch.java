package io.upstream4j.distribution;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Notices that a file was changed or replaced, by looking at it. For one thread.
 *
 * <p>Looking, as notifications miss what is mounted from elsewhere, and follow a replaced file only
 * with care. A change counts once two looks in a row have found it the same: so half of a file that
 * is being written is not read. A file that is away counts as unchanged, as editors that replace a
 * file may take it away first.
 */
final class FileWatch {
  /** How often to look. */
  static final Duration INTERVAL = Duration.ofMillis(500);

  private final Path file;
  private @Nullable Stamp known;
  private @Nullable Stamp last;

  /** What changes with a file's content; the key is the file's own, which a replacement has not. */
  private record Stamp(FileTime modified, long size, @Nullable Object key) {}

  FileWatch(Path file) {
    this.file = file;
    known();
  }

  /** The file as it is now is known already. */
  void known() {
    known = look();
    last = known;
  }

  /** Looks; whether the file has changed, and for long enough. A change is told once. */
  boolean hasChanged() {
    Stamp now = look();
    boolean isNews = now != null && now.equals(last) && !now.equals(known);
    last = now;
    if (isNews) {
      known = now;
    }
    return isNews;
  }

  private @Nullable Stamp look() {
    try {
      BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
      return new Stamp(attributes.lastModifiedTime(), attributes.size(), attributes.fileKey());
    } catch (IOException e) {
      return null;
    }
  }
}
