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
 * The file with the number of a gateway's process, and the one beside it that says how the last
 * reload that was asked for went: its number, then {@code done} or {@code refused}, then why.
 *
 * <p>For one thread.
 */
final class PidFile implements AutoCloseable {
  /** How a reload went. */
  record Outcome(long number, boolean isDone, String text) {}

  private static final String DONE = "done";
  private static final String REFUSED = "refused";

  private final Path file;
  private long reloads;

  private PidFile(Path file) {
    this.file = file;
  }

  /**
   * Writes the number of this process.
   *
   * @throws IllegalArgumentException with the reason, when the file cannot be written or another
   *     process that runs has it
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

  /** The process of a file, when it runs. */
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

  /** How the last reload went; null when none was asked for. */
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

  /** Writes how a reload went. */
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
      // The command that waits for it reports that no answer came; the reload itself is not less
      // done.
    }
  }

  private static Path outcomeFile(Path file) {
    return file.resolveSibling(file.getFileName() + ".reload");
  }

  /** As a whole, so that no reader sees half of it. */
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
      // A file that is left behind names a process that is gone, which the next one sees.
    }
  }
}
