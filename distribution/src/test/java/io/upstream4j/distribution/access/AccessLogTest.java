package io.upstream4j.distribution.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class AccessLogTest {
  private final BlockingQueue<String> complaints = new LinkedBlockingQueue<>();

  @TempDir Path folder;

  private AccessLog open(Path file) {
    return AccessLog.to(file, AccessFormat.COMMON, complaints::add);
  }

  private static void awaitLine(Path file, String part) throws Exception {
    Object never = new Object();
    synchronized (never) {
      while (!Files.exists(file) || !Files.readString(file).contains(part)) {
        never.wait(5); // ended by the test's time limit
      }
    }
  }

  @Test
  void whatIsThereStaysAndClosingWritesTheRest() throws Exception {
    Path file = Files.writeString(folder.resolve("access.log"), "before\n");
    try (AccessLog log = open(file)) {
      for (int i = 0; i < 20_000; i++) {
        log.log(AccessRecords.get("/" + i));
      }
    }
    List<String> lines = Files.readAllLines(file);
    assertThat(lines).hasSize(20_001);
    assertThat(lines.get(0)).isEqualTo("before");
    for (int i = 0; i < 20_000; i++) {
      assertThat(lines.get(i + 1)).contains("\"GET /" + i + " HTTP/1.1\"");
    }
    assertThat(complaints).isEmpty();
  }

  @Test
  void closingEndsAlthoughNobodyReadsWhatIsWritten() throws Exception {
    CountDownLatch writing = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    PrintWriter stuck =
        new PrintWriter(Writer.nullWriter()) {
          @Override
          public PrintWriter append(CharSequence lines) {
            writing.countDown();
            try {
              go.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
            return this;
          }
        };
    AccessLog log = AccessLog.to(stuck, AccessFormat.COMMON, complaints::add);
    log.log(AccessRecords.get("/one"));
    writing.await();
    log.log(AccessRecords.get("/two"));

    log.close();

    assertThat(complaints).singleElement().asString().contains("does not take its last lines");
    go.countDown();
  }

  @Test
  void aFileThatWasRenamedOrDeletedIsBegunAnew() throws Exception {
    Path file = folder.resolve("access.log");
    Path rotated = folder.resolve("access.log.1");
    try (AccessLog log = open(file)) {
      log.log(AccessRecords.get("/one"));
      awaitLine(file, "/one");
      Files.move(file, rotated);
      log.log(AccessRecords.get("/two"));
      awaitLine(file, "/two");
      Files.delete(file);
      log.log(AccessRecords.get("/three"));
      awaitLine(file, "/three");
    }
    assertThat(Files.readString(rotated)).contains("/one").doesNotContain("/two");
    assertThat(Files.readString(file)).doesNotContain("/two");
    assertThat(complaints).isEmpty();
  }

  @Test
  void aFileThatCannotBeOpenedIsAnErrorAtOnce() {
    assertThatThrownBy(() -> open(folder.resolve("no/such/folder/access.log")))
        .isInstanceOf(UncheckedIOException.class);
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void whatAFullDiskDoesNotTakeIsCountedAndToldOnce() throws Exception {
    Path link = Files.createSymbolicLink(folder.resolve("access.log"), Path.of("/dev/full"));
    try (AccessLog log = open(link)) {
      log.log(AccessRecords.get("/one"));
      assertThat(complaints.poll(30, TimeUnit.SECONDS)).contains("cannot be written");
      log.log(AccessRecords.get("/two"));
      Files.delete(link);
      log.log(AccessRecords.get("/three"));
      awaitLine(link, "/three");
      assertThat(complaints.poll(30, TimeUnit.SECONDS)).contains("written again", "lost so far: ");
      assertThat(log.lost()).isBetween(1L, 2L); // the second may be in the new file
    }
    assertThat(complaints).isEmpty();
  }

  @Test
  void longHeadsTakeNoMoreRoomThanIsTheirs() throws Exception {
    CountDownLatch stuck = new CountDownLatch(1);
    CountDownLatch free = new CountDownLatch(1);
    AtomicLong lines = new AtomicLong();
    Writer slow =
        new Writer() {
          @Override
          public void write(char[] text, int from, int length) {
            stuck.countDown();
            try {
              free.await();
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
            for (int i = from; i < from + length; i++) {
              lines.addAndGet(text[i] == '\n' ? 1 : 0);
            }
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    AccessLog log = AccessLog.to(new PrintWriter(slow), AccessFormat.COMMON, complaints::add);
    log.log(AccessRecords.get("/first"));
    stuck.await();
    String target = "/" + "x".repeat(64 * 1024);
    for (int i = 0; i < 1_000; i++) {
      log.log(AccessRecords.get(target));
    }
    long most = AccessLog.ROOM_BYTES / (2 * 64 * 1024);
    assertThat(1_000 - log.lost()).isBetween(most - 2, most);
    free.countDown();
    log.close();
    assertThat(lines.get()).isEqualTo(1 + 1_000 - log.lost());
  }

  @Test
  void whatFindsNoRoomIsCountedAndHoldsUpNobody() throws Exception {
    CountDownLatch stuck = new CountDownLatch(1);
    CountDownLatch free = new CountDownLatch(1);
    StringBuilder written = new StringBuilder();
    Writer slow =
        new Writer() {
          @Override
          public void write(char[] text, int from, int length) {
            stuck.countDown();
            try {
              free.await();
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
            written.append(text, from, length);
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    AccessLog log = AccessLog.to(new PrintWriter(slow), AccessFormat.COMMON, complaints::add);
    log.log(AccessRecords.get("/first"));
    stuck.await();
    for (int i = 0; i < AccessLog.ROOM + 1_000; i++) {
      log.log(AccessRecords.get("/" + i));
    }
    assertThat(log.lost()).isEqualTo(1_000);
    free.countDown();
    log.close();
    assertThat(written.toString().lines()).hasSize(AccessLog.ROOM + 1);
  }
}
