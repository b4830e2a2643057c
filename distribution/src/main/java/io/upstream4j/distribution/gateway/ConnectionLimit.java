package io.upstream4j.distribution.gateway;

import io.upstream4j.core.connect.OpenFiles;
import java.util.OptionalLong;

/**
 * How many clients may be connected at the same time.
 *
 * @param connections of any kind
 * @param units in units of what one in clear text may cost; one with TLS counts {@link #TLS_UNITS}
 */
record ConnectionLimit(int connections, int units) {
  /**
   * An idle connection holds 2 KiB of heap in clear text and 8 KiB with the JDK's TLS, as measured
   * after a request each; a request in progress holds several times that.
   */
  static final int TLS_UNITS = 4;

  private static final int UNIT_BYTES = 16 * 1024;

  /** For jars, logs, listeners and probes. */
  private static final int RESERVED_FILES = 256;

  private static final int LEAST = 16;

  /** As many as the caller says, whatever they cost. */
  static ConnectionLimit of(int connections) {
    return new ConnectionLimit(connections, Integer.MAX_VALUE);
  }

  /** What this process has room for. */
  static ConnectionLimit ofProcess() {
    return of(Runtime.getRuntime().maxMemory(), OpenFiles.limit());
  }

  /** Half of the descriptors are for the connections to backends. */
  static ConnectionLimit of(long heapBytes, OptionalLong openFiles) {
    long files = openFiles.orElse(Integer.MAX_VALUE);
    long reserved = Math.min(RESERVED_FILES, files / 4);
    return new ConnectionLimit(bounded((files - reserved) / 2), bounded(heapBytes / UNIT_BYTES));
  }

  private static int bounded(long number) {
    return (int) Math.max(LEAST, Math.min(number, Integer.MAX_VALUE));
  }
}
