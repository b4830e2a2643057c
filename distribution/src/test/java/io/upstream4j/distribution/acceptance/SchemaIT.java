package io.upstream4j.distribution.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import io.upstream4j.api.option.ConfigException;
import io.upstream4j.core.config.Config;
import io.upstream4j.core.config.ConfigLoader;
import io.upstream4j.core.plugin.PluginCatalog;
import io.upstream4j.distribution.schema.ConfigSchema;
import io.upstream4j.distribution.schema.Schemas;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * {@code docs/schema.json} is what the plug-ins of the image declare, and lets pass what is right.
 */
class SchemaIT {
  private static final Path DOC = Path.of("..", "docs", "schema.json");
  private static final Path MADE = Path.of("target", "schema.json");
  private static final Pattern BLOCK = Pattern.compile("(?ms)\"\"\"\\n(.*?)\"\"\"");

  private static PluginCatalog plugins;

  @BeforeAll
  static void findPlugins() {
    plugins = PluginCatalog.find(List.of(), List.of(Path.of("target", "upstream", "plugins")));
    assertThat(plugins.problems()).isEmpty();
  }

  @AfterAll
  static void closePlugins() {
    plugins.close();
  }

  private static Optional<Config> load(String yaml) {
    try {
      return Optional.of(new ConfigLoader(plugins).load("file", yaml));
    } catch (ConfigException e) {
      return Optional.empty();
    }
  }

  @Test
  void theDocumentedSchemaIsThatOfTheCode() throws IOException {
    String made = ConfigSchema.of(plugins).toPrettyString() + "\n";
    Files.writeString(MADE, made);

    assertThat(Files.readString(DOC))
        .as("if the code is right: cp distribution/target/schema.json docs/schema.json")
        .isEqualTo(made);
  }

  @Test
  void everyConfigurationInTheDocumentationPasses() throws IOException {
    JsonSchema schema = Schemas.read(new ObjectMapper().readTree(DOC.toFile()));
    int passed = 0;
    for (Path page : DocsIT.pages()) {
      for (String block : DocsIT.blocks(page, DocsIT.YAML)) {
        for (String file : DocsIT.files(block)) {
          Optional<Config> config = load(file);
          if (config.isPresent()) {
            assertThat(Schemas.validate(schema, Schemas.document(config.get())))
                .as("%s: %s", page, file)
                .isEmpty();
            passed++;
          }
        }
      }
    }
    assertThat(passed).as("configurations").isGreaterThan(10);
  }

  /** Those of the tests that need no value put in to be read. */
  @Test
  void everyConfigurationInTheTestsPasses() throws IOException {
    JsonSchema schema = Schemas.read(new ObjectMapper().readTree(DOC.toFile()));
    int passed = 0;
    try (Stream<Path> files = Files.walk(Path.of("src", "test", "java"))) {
      for (Path source : files.filter(file -> file.toString().endsWith(".java")).toList()) {
        Matcher block = BLOCK.matcher(Files.readString(source));
        while (block.find()) {
          String yaml =
              block.group(1).stripIndent().replaceAll("%[sd]", "8080").replace("\\\"", "\"");
          Optional<Config> config =
              yaml.contains("upstreams:") ? load(yaml) : Optional.<Config>empty();
          if (config.isPresent()) {
            assertThat(Schemas.validate(schema, Schemas.document(config.get())))
                .as("%s: %s", source, yaml)
                .isEmpty();
            passed++;
          }
        }
      }
    }
    assertThat(passed).as("configurations").isGreaterThan(20);
  }
}
