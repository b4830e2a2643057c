package io.upstream4j.distribution;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Detects whether the standard error is connected to systemd's journal, which adds timestamps
 * itself.
 */
final class Journal {
  private static final Path STANDARD_ERROR = Path.of("/proc/self/fd/2");

  private Journal() {}

  /**
   * Compares {@code JOURNAL_STREAM}, the device and inode of the journal's stream, with the
   * standard error (systemd.exec(5)).
   */
  static boolean isAttached() {
    return isAttached(System.getenv("JOURNAL_STREAM"), STANDARD_ERROR);
  }

  static boolean isAttached(@Nullable String variable, Path stream) {
    if (variable == null) {
      return false;
    }
    try {
      Object device = Files.getAttribute(stream, "unix:dev");
      Object inode = Files.getAttribute(stream, "unix:ino");
      return variable.equals(device + ":" + inode);
    } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
      return false; // another system, without this variable
    }
  }
}
