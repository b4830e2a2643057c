package io.upstream4j.distribution;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The PID file of a gateway, and a file beside it with the outcome of the last requested reload:
 * its number, then {@code done} or {@code refused}, then the reason.
 *
 * <p>Not thread-safe.
 */
final class PidFile implements AutoCloseable {
  /** The outcome of a reload. */
  record Outcome(long number, boolean isDone, String text) {}

  private static final String DONE = "done";
  private static final String REFUSED = "refused";

  private final Path file;
  private long reloads;

  private PidFile(Path file) {
    this.file = file;
  }

  /**
   * Writes the id of this process.
   *
   * @throws IllegalArgumentException when the file cannot be written or belongs to another running
   *     process; the message says why
   */
  static PidFile write(Path file) {
    long own = ProcessHandle.current().pid();
    Optional<Long> earlier = running(file);
    if (earlier.isPresent() && earlier.get() != own) {
      throw new IllegalArgumentException(
          file + ": process " + earlier.get() + " has it (expected: a file of its own)");
    }
    try {
      Files.deleteIfExists(outcomeFile(file));
      replace(file, own + "\n");
    } catch (IOException e) {
      throw new IllegalArgumentException(
          file + ": cannot be written (expected: a file in a folder that may be written to)", e);
    }
    return new PidFile(file);
  }

  /** Returns the id of the process of a file, if it is running. */
  static Optional<Long> running(Path file) {
    try {
      String text = Files.readString(file, StandardCharsets.US_ASCII).strip();
      return text.matches("[0-9]{1,10}")
          ? Optional.of(Long.parseLong(text)).filter(pid -> ProcessHandle.of(pid).isPresent())
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Returns the outcome of the last reload; null when there was none. */
  static @Nullable Outcome outcome(Path file) {
    try {
      List<String> lines = Files.readAllLines(outcomeFile(file), StandardCharsets.UTF_8);
      return lines.size() < 2 || !lines.get(0).matches("[0-9]{1,18}")
          ? null
          : new Outcome(
              Long.parseLong(lines.get(0)),
              lines.get(1).equals(DONE),
              String.join("\n", lines.subList(2, lines.size())));
    } catch (NoSuchFileException e) {
      return null;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes the outcome of a reload. */
  void reloaded(List<String> problems) {
    reloads++;
    try {
      replace(
          outcomeFile(file),
          reloads
              + "\n"
              + (problems.isEmpty() ? DONE : REFUSED)
              + "\n"
              + String.join("\n", problems)
              + "\n");
    } catch (IOException e) {
      // The reload has succeeded; only the waiting command will report that there was no answer.
    }
  }

  private static Path outcomeFile(Path file) {
    return file.resolveSibling(file.getFileName() + ".reload");
  }

  /** Replaces a file atomically, so that readers never see a part of it. */
  private static void replace(Path file, String text) throws IOException {
    Path written = file.resolveSibling(file.getFileName() + ".new");
    Files.writeString(written, text);
    Files.move(written, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
  }

  @Override
  public void close() {
    try {
      Files.deleteIfExists(file);
      Files.deleteIfExists(outcomeFile(file));
    } catch (IOException e) {
      // The next process detects that a remaining file belongs to a process that is gone.
    }
  }
}
