package io.upstream4j.distribution;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.upstream4j.api.option.ConfigException;
import io.upstream4j.core.config.ConfigLoader;
import io.upstream4j.core.plugin.PluginCatalog;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests the messages for common mistakes: the location, what is wrong and what would be right. */
class WrongConfigurationsTest {
  /** Two lines of 100 characters, and a quoted value that is longer. */
  private static final int MAX_LENGTH = 210;

  private static final PluginCatalog PLUGINS = PluginCatalog.find(List.of(), List.of());

  private static Stream<Arguments> cases() throws IOException {
    String text;
    try (InputStream in =
        WrongConfigurationsTest.class.getResourceAsStream("/wrong-configurations.txt")) {
      text = new String(in.readAllBytes(), UTF_8);
    }
    return Stream.of(text.split("#### "))
        .skip(1)
        .map(
            each -> {
              String[] parts = each.split("\n", 2);
              StringBuilder yaml = new StringBuilder();
              List<String> expected = new ArrayList<>();
              for (String line : parts[1].split("\n", -1)) {
                if (line.startsWith("==> ")) {
                  expected.add(line.substring("==> ".length()));
                } else if (expected.isEmpty()) {
                  yaml.append(line.replace("\\t", "\t")).append('\n');
                }
              }
              return Arguments.of(parts[0], yaml.toString(), expected);
            });
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void theMessageSaysWhereAndWhatAndWhatWouldBeRight(
      String name, String yaml, List<String> expected) {
    assertThat(expected).isNotEmpty();

    List<String> problems = problems(yaml);

    assertThat(problems).containsExactlyElementsOf(expected);
    assertThat(problems(yaml)).isEqualTo(problems);
    assertThat(problems)
        .allSatisfy(
            problem ->
                assertThat(problem)
                    .hasSizeLessThanOrEqualTo(MAX_LENGTH)
                    .containsPattern("\\(expected: |; did you mean "));
  }

  private static List<String> problems(String yaml) {
    ConfigException e =
        catchThrowableOfType(
            ConfigException.class, () -> new ConfigLoader(PLUGINS).load("u.yaml", yaml));
    assertThat(e).as(yaml).isNotNull();
    List<String> problems = e.problems().stream().map(Object::toString).toList();
    assertThat(e.getMessage()).startsWith(problems.get(0));
    return problems;
  }

  @Test
  void aFileThatIsNoTextOfUtf8IsSaidToBeWhatItIs(@TempDir Path folder) throws IOException {
    String yaml = "upstreams:\n  api:\n    addrs: [\"a:1\"]\n";
    String expected = " (expected: a file of YAML in UTF-8)";
    assertThat(problem(folder, ("\uFEFF" + yaml).getBytes(UTF_16LE)))
        .isEqualTo("1:1: a file in UTF-16" + expected);
    assertThat(problem(folder, yaml.getBytes(UTF_16LE)))
        .isEqualTo("1:1: a file in UTF-16" + expected);
    assertThat(problem(folder, new byte[] {0x1F, (byte) 0x8B, 8, 0}))
        .isEqualTo("1:1: a file packed by gzip" + expected);
    assertThat(problem(folder, new byte[] {'P', 'K', 3, 4}))
        .isEqualTo("1:1: a ZIP or JAR file" + expected);
    assertThat(problem(folder, new byte[] {1, 2, 3, 0, 0, 7, 'a'}))
        .isEqualTo("1:1: a binary file" + expected);
    assertThat(problem(folder, "upstreams:\n  caf\u00e9: 1\n".getBytes(ISO_8859_1)))
        .isEqualTo("2:6: byte 0xE9 is not UTF-8 (expected: the file saved in UTF-8)");
    assertThat(problem(folder, new byte[0]))
        .isEqualTo("1:1: nothing in it (expected: a mapping with \"upstreams\")");
  }

  @Test
  void aFileThatCannotBeReadIsToldInWords(@TempDir Path folder) {
    assertThat(problem(folder)).isEqualTo("1:1: a folder (expected: a file of YAML)");
    assertThat(problem(folder.resolve("none")))
        .isEqualTo("1:1: no such file (expected: a file that exists)");
    assertThat(problem(Path.of("/proc/self/mem")))
        .startsWith("1:1: cannot be read: ")
        .doesNotContain("Exception");
  }

  @Test
  void aSlipInTheAddressOfACheckIsNoPartOfThePath() {
    assertThat(problems(check("http://api/healthz?check_freqency=5s&failures=3")))
        .hasSize(2)
        .anyMatch(
            problem -> problem.contains("\"check_freqency\"; did you mean \"check_frequency\"?"))
        .anyMatch(problem -> problem.contains("\"failures\"; did you mean \"failure\"?"));
    assertThat(problems(check("http://api/healthz?interval=5s")))
        .singleElement()
        .asString()
        .contains("\"interval\"; did you mean \"check_frequency\"?");
    new ConfigLoader(PLUGINS).load("u.yaml", check("http://api/healthz?verbose=1&q=success&id=3"));
  }

  private static String check(String url) {
    return "upstreams: { api: { addrs: [\"127.0.0.1:9000\"], health_check: \"" + url + "\" } }\n";
  }

  private static String problem(Path folder, byte[] content) throws IOException {
    return problem(Files.write(folder.resolve("u.yaml"), content));
  }

  private static String problem(Path file) {
    ConfigException e =
        catchThrowableOfType(ConfigException.class, () -> new ConfigLoader(PLUGINS).load(file));
    assertThat(e.problems()).hasSize(1);
    return e.problems().get(0).toString().replace(file + ":", "");
  }
}
