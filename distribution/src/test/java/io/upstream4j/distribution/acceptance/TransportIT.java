package io.upstream4j.distribution.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the linked image with each of its transports. */
class TransportIT {
  private static final int REQUESTS = 20_000;

  @TempDir Path folder;

  @BeforeAll
  static void serversAndClientsAreThere() {
    Nginx.assumeInstalled();
    Command.assumeInstalled("h2load");
  }

  @ParameterizedTest
  @ValueSource(strings = {"epoll", "io_uring", "nio"})
  void itCarriesALoadOrSaysWhyNot(String type) throws Exception {
    try (Nginx nginx = Nginx.start(folder.resolve("nginx"), "location / { return 200 hello; }")) {
      String yaml =
          "upstreams: { api: { addrs: [\"%s\"], health_check: tcp://api } }\n"
              .formatted(nginx.address());
      Path config = Files.writeString(folder.resolve("check.yaml"), yaml);
      Image.Finished check =
          Image.run(folder, "check", "-c", config.toString(), "--transport", type);
      if (check.status() == 2) { // the kernel may forbid it
        assertThat(type).isEqualTo("io_uring");
        assertThat(check.err())
            .contains("io_uring is not available on this machine: ", "(expected: Linux");
        return;
      }
      assertThat(check.out()).contains("healthy", "transport " + type);
      try (Image image = Image.serve(folder, yaml, "", "--transport", type)) {
        assertThat(image.output()).contains("(" + type + ")");
        for (String version : new String[] {"--h1", "--no-tls-proto=h2c"}) {
          assertThat(
                  Command.run(
                      "h2load",
                      version,
                      "-n" + REQUESTS,
                      "-c8",
                      "-m20",
                      "-t1",
                      image.gateway().toString()))
              .contains(REQUESTS + " succeeded, 0 failed");
        }
      }
    }
  }
}
