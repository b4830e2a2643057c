package io.upstream4j.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.api.option.Option;
import io.upstream4j.api.spi.DiscoveryProvider;
import io.upstream4j.api.spi.HealthChecker;
import io.upstream4j.api.spi.LoadBalancerProvider;
import io.upstream4j.core.plugin.PluginCatalog;
import io.upstream4j.core.plugin.PluginInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Compares {@code docs/options.md} with the options of the image's plug-ins. */
class OptionsDocTest {
  private static final Path DOC = Path.of("..", "docs", "options.md");
  private static final Path MADE = Path.of("target", "options.md");

  @Test
  void theDocumentedOptionsAreThoseOfTheCode() throws IOException {
    String made = make();
    Files.createDirectories(MADE.getParent());
    Files.writeString(MADE, made);

    assertThat(Files.readString(DOC))
        .as("if the code is right: cp distribution/target/options.md docs/options.md")
        .isEqualTo(made);
  }

  private static String make() {
    StringBuilder text =
        new StringBuilder(
            """
            # Options of the plug-ins

            For everyone who writes a configuration: every option of each strategy, source and health check, as the
            plug-ins declare it. [configuration.md](configuration.md) shows how options are written.
            """);
    Map<Class<?>, String> kinds = new LinkedHashMap<>();
    kinds.put(DiscoveryProvider.class, "discovery");
    kinds.put(LoadBalancerProvider.class, "algo");
    kinds.put(HealthChecker.class, "health_check");
    try (PluginCatalog catalog = PluginCatalog.find(List.of(), List.of())) {
      assertThat(catalog.problems()).isEmpty();
      kinds.forEach(
          (kind, key) -> {
            text.append("\n## `").append(key).append("`\n");
            for (PluginInfo info : catalog.plugins()) {
              if (info.kind() == kind) {
                text.append("\n### `").append(info.plugin().type()).append("`\n");
                append(text, info.plugin().options());
              }
            }
          });
    }
    return text.toString();
  }

  private static void append(StringBuilder text, List<Option<?>> options) {
    if (options.isEmpty()) {
      text.append("No options.\n");
      return;
    }
    text.append("| option | meaning | values | default |\n|---|---|---|---|\n");
    for (Option<?> option : options) {
      text.append("| `").append(option.name()).append("` | ").append(cell(option.help()));
      text.append(" | ").append(cell(option.expected())).append(" | ");
      text.append(
          option
              .defaultText()
              .map(value -> "`" + value + "`")
              .orElse(option.isRequired() ? "required" : ""));
      text.append(" |\n");
    }
  }

  private static String cell(String text) {
    return text.replace("<", "\\<").replace("|", "\\|");
  }
}
