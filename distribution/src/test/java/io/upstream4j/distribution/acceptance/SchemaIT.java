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
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Compares {@code docs/schema.json} with the image's plug-ins, and tests that it accepts valid
 * configurations.
 */
class SchemaIT {
  private static final Path DOC = Path.of("..", "docs", "schema.json");
  private static final Path MADE = Path.of("target", "schema.json");

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
    List<Path> pages = new ArrayList<>(DocsIT.pages());
    pages.add(Path.of("..", "README.md"));
    for (Path page : pages) {
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
}
