package io.upstream4j.distribution.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessControlIT {
  private static final String GOOD =
      "upstreams: { a: { addrs: [\"127.0.0.1:9\"], health_check: none } }\n";

  @TempDir Path folder;

  @Test
  void aReloadSaysWhatCameOfItAndAStopWaitsForTheEnd() throws Exception {
    Path pid = folder.resolve("upstream.pid");
    try (Image image = Image.serve(folder, GOOD, "", "--pid-file", pid.toString())) {
      assertThat(pid).hasContent(Long.toString(image.pid()));
      assertThat(Files.readString(Path.of("/proc/" + image.pid() + "/comm")))
          .isEqualTo("upstream4j\n");

      Image.Finished right = order("reload", pid);
      assertThat(right.status()).as(right.err()).isZero();
      assertThat(right.out()).isEqualTo("reloaded\n");

      Files.writeString(folder.resolve("upstreams.yaml"), GOOD.replace("addrs", "adrs"));
      Image.Finished wrong = order("reload", pid);
      assertThat(wrong.status()).isEqualTo(1);
      assertThat(wrong.err()).startsWith("refused: ").contains("upstreams.a.adrs");

      Image.Finished second =
          Image.run(
              folder,
              "serve",
              "--config",
              folder.resolve("upstreams.yaml").toString(),
              "--pid-file",
              pid.toString());
      assertThat(second.status()).isEqualTo(2);
      assertThat(second.err()).contains("process " + image.pid() + " has it");

      Image.Finished stopped = order("stop", pid);
      assertThat(stopped.status()).as(stopped.err()).isZero();
      assertThat(image.awaitExit()).isZero();
    }
    assertThat(pid).doesNotExist();
    assertThat(order("stop", pid).err()).contains("no process that runs");
    assertThat(order("reload", pid).status()).isEqualTo(1);
  }

  private Image.Finished order(String command, Path pid) throws Exception {
    return Image.run(folder, command, "--pid-file", pid.toString());
  }
}
