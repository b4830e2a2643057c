package io.upstream4j.distribution;

import io.upstream4j.distribution.access.AccessFormat;
import io.upstream4j.distribution.access.AccessLog;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/**
 * The access-log options of {@code serve}.
 *
 * @param file the file to write; {@code -} for the standard output
 * @param format the format of its lines
 */
record AccessLogOptions(Path file, AccessFormat format) {
  private static final Path STANDARD_OUTPUT = Path.of("-");

  /**
   * Opens the access log.
   *
   * @throws UncheckedIOException when the file cannot be written
   */
  AccessLog open(Terminal terminal, Log log) {
    return file.equals(STANDARD_OUTPUT)
        ? AccessLog.to(terminal.out(), format, log::warn)
        : AccessLog.to(file, format, log::warn);
  }
}
