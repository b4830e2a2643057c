package io.upstream4j.distribution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class FileWatchTest {
  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void write() throws IOException {
    file = Files.writeString(folder.resolve("file"), "one");
  }

  @Test
  void aChangeIsToldOnceAndNotBeforeItIsSteady() throws IOException {
    FileWatch watch = new FileWatch(file);
    assertThat(watch.hasChanged()).isFalse();

    Files.writeString(file, " half", StandardOpenOption.APPEND);
    assertThat(watch.hasChanged()).isFalse();
    Files.writeString(file, " of it", StandardOpenOption.APPEND);
    assertThat(watch.hasChanged()).as("still being written").isFalse();
    assertThat(watch.hasChanged()).isTrue();
    assertThat(watch.hasChanged()).isFalse();
  }

  @Test
  void aFileThatIsReplacedHasChanged() throws IOException {
    FileWatch watch = new FileWatch(file);
    Path other = Files.writeString(folder.resolve("other"), "two");
    Files.setLastModifiedTime(other, Files.getLastModifiedTime(file));
    Files.move(other, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);

    watch.hasChanged();
    assertThat(watch.hasChanged()).isTrue();
  }

  @Test
  void aLinkThatPointsElsewhereNowHasChanged(@TempDir Path other) throws IOException {
    Path before = Files.writeString(other.resolve("before.yaml"), "one");
    Path after = Files.writeString(other.resolve("after.yaml"), "two");
    Path link = Files.createSymbolicLink(other.resolve("link.yaml"), before);
    FileWatch watch = new FileWatch(link);
    Path next = Files.createSymbolicLink(other.resolve("next"), after);
    Files.move(next, link, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    assertThat(watch.hasChanged()).isFalse();
    assertThat(watch.hasChanged()).isTrue();
  }

  @Test
  void aFileThatIsTakenAwayAndPutBackHasNotChanged() throws IOException {
    FileWatch watch = new FileWatch(file);
    Path aside = folder.resolve("aside");
    Files.move(file, aside);
    assertThat(watch.hasChanged()).isFalse();
    assertThat(watch.hasChanged()).isFalse();

    Files.move(aside, file);
    assertThat(watch.hasChanged()).isFalse();
    assertThat(watch.hasChanged()).isFalse();
  }

  @Test
  void aFileThatIsRewrittenWithItsOldSizeAndTimeHasChanged() throws IOException {
    FileTime time = FileTime.from(Instant.now().minusSeconds(3600));
    Files.setLastModifiedTime(file, time);
    FileWatch watch = new FileWatch(file);
    Files.writeString(file, "two");
    Files.setLastModifiedTime(file, time);

    assertThat(watch.hasChanged()).isFalse();
    assertThat(watch.hasChanged()).isTrue();
  }

  @Test
  void aFileThatIsRewrittenWithinATickOfTheClockHasChangedEachTime() throws IOException {
    FileWatch watch = new FileWatch(file);
    for (String text : new String[] {"two", "six", "ten", "one"}) {
      Files.writeString(file, text);
      assertThat(watch.hasChanged()).as(text).isFalse();
      assertThat(watch.hasChanged()).as(text).isTrue();
    }
  }

  @Test
  void aFileThatIsOnlyTouchedHasNotChanged() throws IOException {
    FileWatch watch = new FileWatch(file);
    Files.setLastModifiedTime(file, FileTime.from(Instant.now().plusSeconds(3600)));
    assertThat(watch.hasChanged()).isFalse();
    assertThat(watch.hasChanged()).isFalse();
  }

  @Test
  void aFileThatStaysAwayHasChangedAndHasChangedAgainWhenItIsBack() throws IOException {
    FileWatch watch = new FileWatch(file);
    Files.delete(file);
    for (int i = 1; i < FileWatch.GONE_LOOKS; i++) {
      assertThat(watch.hasChanged()).as("it may be put back").isFalse();
    }
    assertThat(watch.hasChanged()).isTrue();
    assertThat(watch.hasChanged()).as("told once").isFalse();

    Files.writeString(file, "one");
    assertThat(watch.hasChanged()).isFalse();
    assertThat(watch.hasChanged()).isTrue();
  }

  /**
   * Kubernetes mounts a ConfigMap in this way: the path contains a link to a folder that is
   * replaced as a whole.
   */
  @Test
  void aFileBehindAFolderThatIsSwappedHasChanged(@TempDir Path mount) throws IOException {
    for (String version : new String[] {"..1", "..2"}) {
      Files.writeString(Files.createDirectory(mount.resolve(version)).resolve("f.yaml"), version);
    }
    Files.createSymbolicLink(mount.resolve("..data"), Path.of("..1"));
    Path link = Files.createSymbolicLink(mount.resolve("f.yaml"), Path.of("..data/f.yaml"));
    FileWatch watch = new FileWatch(link);
    Path next = Files.createSymbolicLink(mount.resolve("..data_tmp"), Path.of("..2"));
    Files.move(
        next,
        mount.resolve("..data"),
        StandardCopyOption.REPLACE_EXISTING,
        StandardCopyOption.ATOMIC_MOVE);

    assertThat(watch.hasChanged()).isFalse();
    assertThat(watch.hasChanged()).isTrue();
  }

  @Test
  void aFifoIsNotRead() throws Exception {
    Path fifo = folder.resolve("fifo");
    assumeTrue(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor() == 0);
    FileWatch watch = new FileWatch(fifo);
    assertThat(watch.hasChanged()).isFalse();
    assertThat(watch.hasChanged()).isFalse();
  }

  @Test
  void whatIsKnownAlreadyIsNotTold() throws IOException {
    FileWatch watch = new FileWatch(file);
    Files.writeString(file, "something else");
    watch.known();

    assertThat(watch.hasChanged()).isFalse();
    assertThat(watch.hasChanged()).isFalse();
  }
}
