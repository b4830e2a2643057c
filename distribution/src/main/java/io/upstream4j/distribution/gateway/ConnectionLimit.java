package io.upstream4j.distribution.gateway;

import io.upstream4j.core.connect.OpenFiles;
import java.util.OptionalLong;

/**
 * The limit of concurrent client connections.
 *
 * @param connections the number of connections of any kind
 * @param units a number of units; a clear-text connection counts 1 and a TLS connection {@link
 *     #TLS_UNITS}
 */
record ConnectionLimit(int connections, int units) {
  /**
   * An idle connection takes 2 KiB of heap in clear text and 8 KiB with the JDK's TLS, measured
   * after one request. A request in progress takes several times that.
   */
  static final int TLS_UNITS = 4;

  private static final int UNIT_BYTES = 16 * 1024;

  /** For jars, logs, listeners and probes. */
  private static final int RESERVED_FILES = 256;

  private static final int LEAST = 16;

  /** Returns a configured limit, without a limit of units. */
  static ConnectionLimit of(int connections) {
    return new ConnectionLimit(connections, Integer.MAX_VALUE);
  }

  /** Returns the limit for the memory and file descriptors of this process. */
  static ConnectionLimit ofProcess() {
    return of(Runtime.getRuntime().maxMemory(), OpenFiles.limit());
  }

  /** Computes a limit. Half of the descriptors are reserved for connections to backends. */
  static ConnectionLimit of(long heapBytes, OptionalLong openFiles) {
    long files = openFiles.orElse(Integer.MAX_VALUE);
    long reserved = Math.min(RESERVED_FILES, files / 4);
    return new ConnectionLimit(bounded((files - reserved) / 2), bounded(heapBytes / UNIT_BYTES));
  }

  private static int bounded(long number) {
    return (int) Math.max(LEAST, Math.min(number, Integer.MAX_VALUE));
  }
}
