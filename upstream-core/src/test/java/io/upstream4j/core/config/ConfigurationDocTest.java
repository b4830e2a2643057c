package io.upstream4j.core.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Option;
import io.upstream4j.api.option.Problems;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Compares {@code docs/configuration.md} with the code. */
class ConfigurationDocTest {
  private static final Path DOC = Path.of("..", "docs", "configuration.md");
  private static final Pattern EXAMPLE = Pattern.compile("(?s)```yaml\n(.*?)```");
  private static final Pattern SHORT = Pattern.compile("\\| `(.+?)` \\| `(.+?)` \\|");

  /** The documentation describes durations and sizes above the tables. */
  private static final Pattern UNITS = Pattern.compile(", such as (500ms|64KiB).*");

  private static final String HEADER = "| key | meaning | values | default |";

  private static String doc() throws IOException {
    return Files.readString(DOC);
  }

  private static List<String> examples() throws IOException {
    return EXAMPLE.matcher(doc()).results().map(match -> match.group(1)).toList();
  }

  private static String row(Option<?> option) {
    return "| `"
        + option.name()
        + "` | "
        + option.help().replace("<", "\\<")
        + " | "
        + UNITS.matcher(option.expected()).replaceFirst("").replace("<", "\\<")
        + " | "
        + option
            .defaultText()
            .map(text -> "`" + text + "`")
            .orElse(option.isRequired() ? "required" : "")
        + " |";
  }

  @Test
  void theTablesListEachKeyAsTheCodeDeclaresIt() throws IOException {
    List<List<String>> tables = new ArrayList<>();
    List<String> table = new ArrayList<>();
    for (String line : doc().lines().toList()) {
      if (line.equals(HEADER)) {
        table = new ArrayList<>();
        tables.add(table);
      } else if (line.startsWith("| `") && !tables.isEmpty()) {
        table.add(line);
      } else if (line.isEmpty()) {
        table = new ArrayList<>();
      }
    }

    assertThat(tables).hasSize(7);
    assertThat(tables.get(0)).containsExactlyElementsOf(rows(Keys.ALL));
    assertThat(tables.get(1)).containsExactlyElementsOf(rows(Keys.OF_HEALTH_CHECK));
    assertThat(tables.get(2)).containsExactlyElementsOf(rows(Keys.OF_RETRIES));
    assertThat(tables.get(3)).containsExactlyElementsOf(rows(TlsReader.ALL));
    assertThat(tables.get(4)).containsExactlyElementsOf(rows(RouteReader.ALL));
    assertThat(tables.get(5))
        .containsExactlyElementsOf(
            rows(
                List.of(
                    ConfigReader.ESCAPED_SLASHES,
                    ConfigReader.ABOVE_ROOT,
                    ConfigReader.FORWARDED_PATH)));
    assertThat(tables.get(6)).containsExactlyElementsOf(rows(GatewayLimits.ALL));
  }

  private static List<String> rows(List<Option<?>> options) {
    return options.stream().map(ConfigurationDocTest::row).toList();
  }

  @Test
  void theAnnotatedExampleIsRight() throws IOException {
    Config config =
        new ConfigLoader(FakePlugins.catalog()).load("configuration.md", examples().get(0));

    assertThat(config.upstreams().keySet()).containsExactly("search", "api");
    UpstreamConfig api = config.upstreams().get("api");
    HealthConfig health = api.health().orElseThrow();
    assertThat(health.frequency()).isEqualTo(Duration.ofSeconds(5));
    assertThat(health.failure()).isEqualTo(3);
    assertThat(health.success()).isEqualTo(2);
    assertThat(api.peer().tls().orElseThrow().serverName()).isEqualTo("api.internal");
    assertThat(api.retry().max()).isEqualTo(1);
    assertThat(config.routes())
        .extracting(route -> route.upstream().orElseThrow())
        .containsExactly("api", "search", "search");
  }

  @Test
  void theExampleOfAnchorsIsRight() throws IOException {
    Config config =
        new ConfigLoader(FakePlugins.catalog()).load("configuration.md", examples().get(1));

    assertThat(config.upstreams().values())
        .extracting(upstream -> upstream.retry().max())
        .containsExactly(1, 0);
  }

  @Test
  void shortFormsAreTheSameAsTheLongOnesBesideThem() throws IOException {
    Matcher matcher = SHORT.matcher(doc());
    int compared = 0;
    while (matcher.find()) {
      if (matcher.group(2).contains(": {")) {
        assertThat(translated(matcher.group(1)))
            .as(matcher.group())
            .isEqualTo(read(matcher.group(2)));
        compared++;
      }
    }
    assertThat(compared).isEqualTo(10);
  }

  private static Node read(String yaml) {
    Problems problems = new Problems();
    Node node = YamlReader.read("doc", yaml, problems);
    problems.throwIfAny();
    return ((Node.Mapping) node).entries().get(0).value();
  }

  private static Node translated(String yaml) {
    Node.Scalar text = (Node.Scalar) read(yaml);
    Problems problems = new Problems();
    ShortForms forms = new ShortForms(problems);
    Node node =
        switch (yaml.substring(0, yaml.indexOf(':'))) {
          case "algo" -> forms.algo(text, "");
          case "discovery" -> forms.discovery(text, "");
          default -> forms.healthCheck(text, "");
        };
    problems.throwIfAny();
    return node;
  }
}
