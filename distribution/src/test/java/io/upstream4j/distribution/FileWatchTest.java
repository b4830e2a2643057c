package io.upstream4j.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
  void whatIsKnownAlreadyIsNotTold() throws IOException {
    FileWatch watch = new FileWatch(file);
    Files.writeString(file, "something else");
    watch.known();

    assertThat(watch.hasChanged()).isFalse();
    assertThat(watch.hasChanged()).isFalse();
  }
}
