package io.upstream4j.distribution.access;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.upstream4j.distribution.gateway.AccessRecord;
import io.upstream4j.distribution.gateway.AccessSink;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes records to a file or a stream from a thread of its own, ten times a second, so that a slow
 * disk delays only the log. Records that exceed the queue or cannot be written are counted as lost.
 * {@link #log} is thread-safe; other methods are for one thread.
 *
 * <p>If a log-rotation tool renames or deletes the file, a new one is opened within a tenth of a
 * second. No signal is needed.
 */
public final class AccessLog implements AccessSink, AutoCloseable {
  /** The greatest number of queued records. */
  static final int ROOM = 32_768;

  /** The greatest memory of queued records, including objects; a head may have 64 KiB. */
  static final long ROOM_BYTES = 32L << 20;

  /** The memory of a record without its texts. */
  private static final int RECORD_BYTES = 500;

  private static final long INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** How long closing waits for the last lines, in case a disk or a reader hangs. */
  private static final long CLOSE_MILLIS = 3_000;

  private static final int CHUNK_CHARS = 64 * 1024;

  private final AccessFormat format;
  private final Target target;
  private final Consumer<String> complaints;
  private final Queue<AccessRecord> waiting = new ConcurrentLinkedQueue<>();
  private final AtomicInteger taken = new AtomicInteger(); // number of queued records
  private final AtomicLong takenBytes = new AtomicLong();
  private final AtomicLong lost = new AtomicLong();
  private final StringBuilder text = new StringBuilder(CHUNK_CHARS + 1024);
  private final Thread writer = new Thread(this::run, "upstream4j-access-log");
  private int lines; // number of lines in text
  private boolean failing;
  private volatile boolean closed;

  private AccessLog(AccessFormat format, Target target, Consumer<String> complaints) {
    this.format = requireNonNull(format, "format");
    this.target = target;
    this.complaints = requireNonNull(complaints, "complaints");
    writer.setDaemon(true);
    writer.start();
  }

  /**
   * Appends to a file, which is created if necessary.
   *
   * @param complaints receives one message when writing begins to fail, and one when it works again
   * @throws UncheckedIOException when the file cannot be opened for writing
   */
  public static AccessLog to(Path file, AccessFormat format, Consumer<String> complaints) {
    try {
      return new AccessLog(format, new LogFile(file), complaints);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes to a writer, which the caller closes. */
  public static AccessLog to(PrintWriter out, AccessFormat format, Consumer<String> complaints) {
    return new AccessLog(format, new Stream(out), complaints);
  }

  @Override
  public void log(AccessRecord record) {
    long bytes = bytes(record);
    boolean fits = taken.incrementAndGet() <= ROOM;
    if (takenBytes.addAndGet(bytes) > ROOM_BYTES || !fits) {
      giveBack(bytes);
      lost.incrementAndGet();
      return;
    }
    waiting.add(record);
  }

  private void giveBack(long bytes) {
    taken.decrementAndGet();
    takenBytes.addAndGet(-bytes);
  }

  /** Returns the memory of a record, at two bytes per character. */
  private static long bytes(AccessRecord record) {
    return RECORD_BYTES
        + 2L
            * (length(record.method())
                + length(record.target())
                + length(record.host())
                + length(record.error())
                + length(record.referer())
                + length(record.userAgent())
                + length(record.traceparent()));
  }

  private static int length(@Nullable String text) {
    return text == null ? 0 : text.length();
  }

  @Override
  public long lost() {
    return lost.get();
  }

  private void run() {
    while (!closed) {
      LockSupport.parkNanos(this, INTERVAL_NANOS);
      writeAll();
    }
    writeAll();
  }

  private void writeAll() {
    AccessRecord record;
    while ((record = waiting.poll()) != null) {
      giveBack(bytes(record));
      format.write(text, record);
      lines++;
      if (text.length() >= CHUNK_CHARS) {
        writeText();
      }
    }
    writeText();
  }

  private void writeText() {
    if (lines == 0) {
      return;
    }
    try {
      target.write(text);
      if (failing) {
        failing = false;
        complaints.accept("the access log is written again; lost so far: " + lost);
      }
    } catch (IOException e) {
      lost.addAndGet(lines);
      if (!failing) {
        failing = true;
        complaints.accept("the access log cannot be written: " + e);
      }
    } finally {
      text.setLength(0);
      lines = 0;
    }
  }

  /** Writes the queued records and stops the thread. */
  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(writer);
    try {
      writer.join(CLOSE_MILLIS);
      if (writer.isAlive()) {
        complaints.accept(
            "the access log does not take its last lines within "
                + CLOSE_MILLIS
                + " ms; "
                + taken.get()
                + " or more are lost");
        return; // the process's end closes the file
      }
      target.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      complaints.accept("the access log cannot be closed: " + e);
    }
  }

  /** The destination of the lines. Used by the writer thread only, and closed after it. */
  private interface Target {
    void write(CharSequence lines) throws IOException;

    void close() throws IOException;
  }

  private record Stream(PrintWriter out) implements Target {
    @Override
    public void write(CharSequence lines) throws IOException {
      out.append(lines);
      if (out.checkError()) { // flushes; stays true once it is
        throw new IOException("its reader is gone");
      }
    }

    @Override
    public void close() {}
  }

  private static final class LogFile implements Target {
    private final Path path;
    private @Nullable OutputStream out;
    private @Nullable Object identity; // of the open file, if the file system has identities

    LogFile(Path path) throws IOException {
      this.path = path;
      open();
    }

    private OutputStream open() throws IOException {
      OutputStream opened =
          Files.newOutputStream(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      out = opened;
      identity = identity();
      return opened;
    }

    private @Nullable Object identity() throws IOException {
      return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    }

    private boolean isMoved() throws IOException {
      try {
        Object now = identity();
        return now != null && !now.equals(identity);
      } catch (NoSuchFileException e) {
        return true;
      }
    }

    @Override
    public void write(CharSequence lines) throws IOException {
      OutputStream open = out;
      if (open == null || isMoved()) {
        close();
        open = open();
      }
      open.write(lines.toString().getBytes(UTF_8)); // whole lines, as others may append, too
    }

    @Override
    public void close() throws IOException {
      OutputStream open = out;
      out = null;
      if (open != null) {
        open.close();
      }
    }
  }
}
