package io.upstream4j.core.connect;

import io.netty.channel.unix.Errors.NativeIoException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The files and sockets that this process may have open, one file descriptor each. Any thread may
 * call.
 */
public final class OpenFiles {
  private static final Path LIMITS = Path.of("/proc/self/limits");
  private static final String NAME = "Max open files";
  private static final OptionalLong LIMIT = read(); // once, for it takes a descriptor

  // Of Linux, negative as Netty has them.
  private static final int ENFILE = -23;
  private static final int EMFILE = -24;

  private OpenFiles() {}

  /** How many there may be; empty where it is not known, as on other systems than Linux. */
  public static OptionalLong limit() {
    return LIMIT;
  }

  /** Has the limit read while there is still a descriptor for that. */
  static void prepare() {
    // by loading this class
  }

  private static OptionalLong read() {
    try {
      return limit(Files.readAllLines(LIMITS));
    } catch (IOException e) {
      return OptionalLong.empty();
    }
  }

  static OptionalLong limit(List<String> limits) {
    for (String line : limits) {
      if (line.startsWith(NAME)) {
        String soft = line.substring(NAME.length()).strip().split("\\s+", 2)[0];
        return soft.equals("unlimited")
            ? OptionalLong.empty()
            : OptionalLong.of(Long.parseLong(soft));
      }
    }
    return OptionalLong.empty();
  }

  /** Whether something failed because there was no descriptor left for it. */
  public static boolean ranOut(Throwable failure) {
    for (Throwable each = failure; each != null; each = each.getCause()) {
      if (each instanceof NativeIoException error
          ? error.expectedErr() == EMFILE || error.expectedErr() == ENFILE
          : hasRanOut(each.getMessage())) {
        return true;
      }
    }
    return false;
  }

  /** The JDK has the system's words only. */
  private static boolean hasRanOut(@Nullable String message) {
    return message != null && message.contains("Too many open files");
  }

  /** Returns in words that there is none left. */
  public static String ranOutText() {
    return "this process has no file descriptor left"
        + (LIMIT.isPresent() ? ", of " + LIMIT.getAsLong() : "")
        + " (expected: fewer connections, or a higher limit of open files)";
  }
}
