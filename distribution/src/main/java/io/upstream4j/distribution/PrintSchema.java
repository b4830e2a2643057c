package io.upstream4j.distribution;

import io.upstream4j.core.plugin.PluginCatalog;
import io.upstream4j.distribution.schema.ConfigSchema;
import java.nio.file.Path;
import java.util.List;

/** {@code upstream schema}: prints the JSON Schema of configurations. */
final class PrintSchema {
  private final Terminal terminal;
  private final List<Path> folders;

  PrintSchema(Terminal terminal, List<Path> folders) {
    this.terminal = terminal;
    this.folders = folders;
  }

  /**
   * Prints the schema. Returns the exit status: 1 when a plug-in could not be loaded and is missing
   * in it.
   */
  int run() {
    try (PluginCatalog catalog = PluginCatalog.find(List.of(), folders)) {
      terminal.out().println(ConfigSchema.of(catalog).toPrettyString());
      catalog.problems().forEach(terminal.err()::println);
      return catalog.problems().isEmpty() ? ExitStatus.OK : ExitStatus.FAILED;
    }
  }
}
