package io.upstream4j.core.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.upstream4j.api.option.ConfigException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the limit of servers with a file of 300 KB that many upstreams include. */
class ServerCountTest {
  private static final int SERVERS = 20_000;

  @TempDir Path folder;

  private Path upstreams(int count) throws Exception {
    Files.writeString(
        folder.resolve("servers.yaml"),
        IntStream.range(0, SERVERS)
            .mapToObj(i -> "- \"10.0." + i / 250 + "." + i % 250 + ":80\"")
            .collect(Collectors.joining("\n", "addrs:\n", "\n")));
    return Files.writeString(
        folder.resolve("u.yaml"),
        IntStream.range(0, count)
            .mapToObj(i -> "  u" + i + ": { includes: [servers.yaml] }\n")
            .collect(Collectors.joining("", "upstreams:\n", "")));
  }

  @Test
  void asManyServersAsThereMayBeAreTaken() throws Exception {
    int most = ConfigLoader.MAX_SERVERS / SERVERS;
    Config config = new ConfigLoader(FakePlugins.catalog()).load(upstreams(most));
    assertThat(config.upstreams()).hasSize(most);
  }

  @Test
  void moreAreOneProblemAtTheFirstUpstreamThatHasTooMany() throws Exception {
    Path file = upstreams(ConfigLoader.MAX_UPSTREAMS);
    ConfigException e =
        catchThrowableOfType(
            ConfigException.class, () -> new ConfigLoader(FakePlugins.catalog()).load(file));
    assertThat(e.problems())
        .singleElement()
        .satisfies(
            problem -> {
              assertThat(problem.path()).isEqualTo("upstreams.u10");
              assertThat(problem.message())
                  .isEqualTo(
                      "with it, the upstreams name 220000 servers, those of included files counted"
                          + " for each (expected: at most 200000 in all)");
            });
  }
}
