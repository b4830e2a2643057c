package io.upstream4j.distribution;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.distribution.PickBackends.Output;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PickBackendsTest {
  private static final List<String> THREE = List.of("10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80");

  private final Captured captured = new Captured();
  private Path config;
  private Path keys;

  @BeforeEach
  void nameTheFiles(@TempDir Path folder) {
    config = folder.resolve("upstreams.yaml");
    keys = folder.resolve("keys");
  }

  private int pick(List<String> addresses, String algo, String requests, String... more)
      throws IOException {
    Files.writeString(config, yaml(addresses, algo));
    Files.writeString(keys, requests);
    List<String> arguments = new ArrayList<>(List.of("pick", "--config", config.toString()));
    arguments.addAll(List.of("--upstream", "web", "--keys", keys.toString()));
    arguments.addAll(List.of(more));
    return captured.run(arguments.toArray(String[]::new));
  }

  private static String yaml(List<String> addresses, String algo) {
    List<String> quoted = addresses.stream().map(text -> '"' + text + '"').toList();
    return "upstreams:\n  web: { addrs: "
        + quoted
        + ", algo: "
        + algo
        + " }\n  api: { addrs: a }\n";
  }

  /** Returns the picks of the last run. */
  private List<String> picked() {
    return captured.out().toString().lines().toList();
  }

  @Test
  void eachLineIsAnsweredWithABackendAndEqualKeysWithTheSame() throws Exception {
    assertThat(
            pick(
                THREE,
                "'hash:header:x-user'",
                "/a x-user: 7\n/b?c=d X-USER: 7 cookie: sid=3\nhttp://any/ accept: a b x-user: 7\n"))
        .isZero();
    assertThat(picked()).hasSize(3).doesNotContainNull();
    assertThat(picked().stream().distinct()).hasSize(1).isSubsetOf(THREE);
    assertThat(captured.err().toString()).isEmpty();
  }

  @Test
  void requestsWithoutTheKeyTakeTurns() throws Exception {
    assertThat(pick(THREE, "'hash:cookie:sid'", "/\n/ cookie: sid=\n/ cookie: other=1\n")).isZero();
    assertThat(picked()).containsExactlyInAnyOrderElementsOf(THREE);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\'',
      value = {
        "url | http://h.test:81/a/b?x=1 | /a/b?x=1",
        "path | /a/b?x=1 | /a/b",
        "host | https://H.Test:81 | h.test",
        "host | /a host: [::1]:80 | ::1",
        "ip | / @client: 2001:DB8:0::1 | 2001:db8::1",
        "query:x | http://h?y=2&x=1 | 1",
        "query:x | '/?x=1\u2003' | '1\u2003'",
        "header:x-user | / x-user: a b  c y: 1 | a b c",
        "cookie:sid | / cookie: a=b; sid=\"5 f\"; c=d | \"5 f\"",
        "header:x-user | / x-user: Zo\u00eb | Zo\u00eb"
      })
  void anExplanationNamesTheKeyItsHashAndWhoIsNext(String key, String line, String text)
      throws Exception {
    assertThat(pick(THREE, "'hash:" + key + "'", line + "\n", "--explain")).isZero();
    java.util.zip.CRC32 crc = new java.util.zip.CRC32();
    crc.update(text.getBytes(UTF_8));
    String[] fields = picked().get(0).split("\t");
    assertThat(fields)
        .hasSize(5)
        .contains("by=" + key, "key=" + text, "hash=%08x".formatted(crc.getValue()));
    assertThat(fields[4]).startsWith("candidates=" + fields[0] + ",");
    assertThat(fields[4].substring("candidates=".length()).split(","))
        .containsExactlyInAnyOrderElementsOf(THREE);
  }

  @Test
  void anExplanationOfAnAbsentKeySaysSoAndOneOfTurnsThatThereIsNone() throws Exception {
    assertThat(pick(THREE, "'hash:header:x-user'", "/a\n", "--explain")).isZero();
    assertThat(picked().get(0).split("\t"))
        .hasSize(3)
        .endsWith("by=header:x-user", "key=absent, so backends take turns");
    assertThat(pick(THREE, "round_robin", "/a\n", "--explain")).isZero();
    assertThat(picked().get(1)).isEqualTo("10.0.0.1:80\tthe strategy does not tell what decides");
  }

  @Test
  void permutingTheServersChangesNoPick() throws Exception {
    long seed = System.nanoTime();
    List<String> servers =
        new ArrayList<>(
            IntStream.rangeClosed(1, 40).mapToObj(i -> "10.0.0." + i + ":80 " + i % 4).toList());
    servers.add("[2001:db8::1]:8080 3");
    servers.add("[2001:db8::1] 2");
    String requests =
        String.join("\n", IntStream.range(0, 1_000).mapToObj(i -> "/key/" + i).toList());
    for (String table : List.of("ketama", "maglev")) {
      String algo = "{ consistent: { table: " + table + " } }";
      int before = picked().size();
      assertThat(pick(servers, algo, requests)).isZero();
      Collections.shuffle(servers, new Random(seed));
      assertThat(pick(servers, algo, requests)).isZero();
      List<String> all = picked();
      assertThat(all.subList(before + 1_000, before + 2_000))
          .as("seed %d, %s", seed, table)
          .isEqualTo(all.subList(before, before + 1_000));
    }
  }

  @Test
  void backendsAreMadeOfRequestsByTheStrategyThatDoesSo() throws Exception {
    Files.writeString(
        config,
        """
        upstreams:
          web: { algo: { transparent: { allow: ["*.test"], ports: [81] } } }
        """);
    Files.writeString(keys, "http://a.test:81/\nhttp://b.other:81/\n");
    int status =
        captured.run("pick", "--config", config.toString(), "-u", "web", "--keys", keys.toString());
    assertThat(captured.err().toString()).isEmpty();
    assertThat(picked())
        .hasSize(2)
        .startsWith("a.test:81")
        .element(1)
        .asString()
        .startsWith("none: ");
    assertThat(status).isEqualTo(1);
  }

  @Test
  void anUpstreamThatIsNotThereIsAnErrorWithThoseThatAre() throws Exception {
    Files.writeString(config, yaml(THREE, "round_robin"));
    Files.writeString(keys, "/\n");
    assertThat(
            captured.run(
                "pick", "--config", config.toString(), "-u", "wep", "--keys", keys.toString()))
        .isEqualTo(2);
    assertThat(captured.err().toString().strip())
        .isEqualTo("--upstream wep: no such upstream; did you mean \"web\"?");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a/b | \"a/b\" (expected: a path or a URL",
        "'' | an empty line (expected: a path or a URL",
        "/a x-user:7 | \"x-user:7\" (expected: a path or a URL, then headers as name: value",
        "/a#b | (expected: without #)",
        "http://a/ host: b | two hosts",
        "http:///a | host: \"\" (expected: a name",
        "/ @client: here | @client: \"here\" (expected: an IP address)"
      })
  void aWrongLineIsAnErrorWithItsNumber(String line, String message) throws Exception {
    assertThat(pick(THREE, "hash:path", "/ok\n" + line + "\n/never\n")).isEqualTo(2);
    assertThat(picked()).hasSize(1);
    assertThat(captured.err().toString()).startsWith(keys + ":2: ").contains(message);
  }

  @Test
  void whatIsNotUtf8IsAnError() throws Exception {
    Files.writeString(config, yaml(THREE, "hash:path"));
    Files.writeString(keys, "/\u00e9\n", ISO_8859_1);
    assertThat(
            captured.run(
                "pick", "--config", config.toString(), "-u", "web", "--keys", keys.toString()))
        .isEqualTo(2);
    assertThat(captured.err().toString()).contains("not UTF-8");
  }

  @Test
  void requestsThatAreNotThereAreAnError() throws Exception {
    Files.writeString(config, yaml(THREE, "hash:path"));
    assertThat(
            captured.run(
                "pick", "--config", config.toString(), "-u", "web", "--keys", keys.toString()))
        .isEqualTo(2);
    assertThat(captured.err().toString()).contains(keys + ": no such file");
  }

  @Test
  void aDiscoveryThatFailsIsSaidAndNothingIsPicked() throws Exception {
    Files.writeString(
        config,
        """
        upstreams:
          web:
            discovery: { dns: { name: "web.test:80", dns_server: "127.0.0.1:1", timeout: 500ms } }
        """);
    Files.writeString(keys, "/\n");
    assertThat(
            captured.run(
                "pick",
                "--config",
                config.toString(),
                "-u",
                "web",
                "--keys",
                keys.toString(),
                "--timeout",
                "3s"))
        .isEqualTo(1);
    assertThat(picked()).isEmpty();
    assertThat(captured.err().toString()).contains("web: the discovery ").contains("3000 ms");
  }

  /** The other end of a pipe may wait for the answer before it writes the next line. */
  @Test
  void aLineIsAnsweredBeforeTheNextIsWritten() throws Exception {
    Files.writeString(config, yaml(THREE, "hash:path"));
    PipedOutputStream writer = new PipedOutputStream();
    try (PipedInputStream reader = new PipedInputStream(writer)) {
      CompletableFuture<Integer> status =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return new PickBackends(
                          captured.terminal(), config, List.of(), Output.BACKENDS, reader)
                      .run("web", "-", Duration.ofSeconds(30));
                } catch (InterruptedException e) {
                  throw new IllegalStateException(e);
                }
              });
      for (int line = 1; line <= 3; line++) {
        writer.write(("/" + line + "\n").getBytes(UTF_8));
        writer.flush();
        captured.out().await("(?:10\\.0\\.0\\.[123]:80\\n){" + line + "}");
      }
      writer.close();
      assertThat(status.get(30, TimeUnit.SECONDS)).isZero();
    }
  }
}
