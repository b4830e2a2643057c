package io.upstream4j.distribution.acceptance;

import static io.upstream4j.distribution.acceptance.Waiting.until;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compares the access log of the linked image with nginx's log of the same requests. */
class AccessLogIT {
  private static final int REQUESTS = 20_000;

  @TempDir Path folder;

  @BeforeAll
  static void serversAndClientsAreThere() {
    Nginx.assumeInstalled();
    Command.assumeInstalled("curl", "h2load");
  }

  private static String yaml(Nginx nginx) {
    return "upstreams: { api: { addrs: [\"%s\"], health_check: none } }\n"
        .formatted(nginx.address());
  }

  @Test
  void everyRequestIsALineThroughARotationUnderLoad() throws Exception {
    Path log = folder.resolve("access.log");
    Path rotated = folder.resolve("access.log.1");
    try (Nginx nginx = Nginx.start(folder.resolve("nginx"), "location / { return 200 hello; }");
        Image image =
            Image.serve(
                folder,
                yaml(nginx),
                "",
                "--access-log",
                log.toString(),
                "--access-log-format",
                "json")) {
      Process load =
          new ProcessBuilder(
                  "h2load",
                  "--h1",
                  "-n" + REQUESTS,
                  "-c8",
                  "-t1",
                  image.gateway().resolve("/load").toString())
              .redirectErrorStream(true)
              .redirectOutput(folder.resolve("h2load.out").toFile())
              .start();
      until(() -> log.toFile().length() > 0);
      Files.move(log, rotated);
      assertThat(load.waitFor()).isZero();
      assertThat(Files.readString(folder.resolve("h2load.out")))
          .contains(REQUESTS + " succeeded, 0 failed");
      image.signal("TERM");
      assertThat(image.awaitExit()).isZero();
    }
    ObjectMapper json = new ObjectMapper();
    List<String> lines = new ArrayList<>(Files.readAllLines(rotated));
    lines.addAll(Files.readAllLines(log));
    assertThat(lines).hasSize(REQUESTS);
    for (String line : lines) {
      JsonNode request = json.readTree(line);
      assertThat(request.get("target").textValue()).isEqualTo("/load");
      assertThat(request.get("status").intValue()).isEqualTo(200);
      assertThat(request.get("bytes").intValue()).isEqualTo(5);
      assertThat(request.get("upstream").textValue()).isEqualTo("api");
    }
  }

  @Test
  void theStandardOutputTakesItAsWellAndNobodyForgesALine() throws Exception {
    try (Nginx nginx = Nginx.start(folder.resolve("nginx"), "location / { return 200 hello; }");
        Image image = Image.serve(folder, yaml(nginx), "", "--access-log", "-")) {
      Command.run(
          "curl",
          "-fsS",
          "--noproxy",
          "*",
          "-A",
          "x\" 200 1 \"é",
          image.gateway().resolve("/a").toString());
      image.await(Pattern.compile("/a HTTP/1\\.1"));
      assertThat(image.output())
          .containsPattern(
              "\n127\\.0\\.0\\.1 - - \\[[^]]+] \"GET /a HTTP/1\\.1\" 200 5 \"-\""
                  + " \"x\\\\x22 200 1 \\\\x22\\\\xC3\\\\xA9\"\n");
    }
  }

  @Test
  void aWrongFileFormatOrPartIsToldBeforeAnythingListens() throws Exception {
    Path config = Files.writeString(folder.resolve("upstreams.yaml"), "upstreams: {}\n");
    Image.Finished file =
        Image.run(folder, "serve", "-c", config.toString(), "--access-log", "/no/such/folder/a");
    assertThat(file.status()).isEqualTo(2);
    assertThat(file.err()).contains("ERROR --access-log /no/such/folder/a: cannot be written: ");
    Image.Finished format =
        Image.run(folder, "serve", "-c", config.toString(), "--access-log-format", "clf");
    assertThat(format.status()).isEqualTo(2);
    assertThat(format.err()).contains("\"clf\" (expected: common, combined or json)");
    Image.Finished part =
        Image.run(folder, "serve", "-c", config.toString(), "--create-traces", "10");
    assertThat(part.status()).isEqualTo(2);
    assertThat(part.err()).contains("--create-traces: 10.0 (expected: 0 to 1");
  }
}
