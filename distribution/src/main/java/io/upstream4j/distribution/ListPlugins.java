package io.upstream4j.distribution;

import com.fasterxml.jackson.core.JsonGenerator;
import io.upstream4j.api.option.Option;
import io.upstream4j.api.spi.DiscoveryProvider;
import io.upstream4j.api.spi.HealthChecker;
import io.upstream4j.api.spi.LoadBalancerProvider;
import io.upstream4j.api.spi.Plugin;
import io.upstream4j.core.plugin.PluginCatalog;
import io.upstream4j.core.plugin.PluginInfo;
import io.upstream4j.core.plugin.PluginProblem;
import io.upstream4j.distribution.text.AsciiJson;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** {@code upstream plugins}: lists the plug-ins that a configuration may name. */
final class ListPlugins {
  // The keys under which the configuration selects plug-ins of each kind.
  private static final Map<Class<? extends Plugin>, String> KEYS =
      Map.of(
          LoadBalancerProvider.class, "algo",
          DiscoveryProvider.class, "discovery",
          HealthChecker.class, "health_check");

  private final Terminal terminal;
  private final List<Path> folders;

  ListPlugins(Terminal terminal, List<Path> folders) {
    this.terminal = terminal;
    this.folders = folders;
  }

  /** Prints the plug-ins. Returns the exit status: 1 when one could not be loaded. */
  int run(Format format, Detail detail) {
    try (PluginCatalog catalog = PluginCatalog.find(List.of(), folders)) {
      if (format == Format.JSON) {
        terminal.out().println(json(catalog));
      } else {
        table(catalog.plugins()).print(terminal.out());
        if (detail == Detail.OPTIONS) {
          catalog.plugins().forEach(this::printOptions);
        }
      }
      catalog.problems().forEach(terminal.err()::println);
      return catalog.problems().isEmpty() ? ExitStatus.OK : ExitStatus.FAILED;
    }
  }

  /** How much detail a table has. */
  enum Detail {
    SUMMARY,
    OPTIONS
  }

  private static String key(PluginInfo plugin) {
    return KEYS.getOrDefault(plugin.kind(), plugin.kind().getSimpleName());
  }

  private static Table table(List<PluginInfo> plugins) {
    Table table = new Table("KEY", "TYPE", "OPTIONS", "MODULE", "VERSION", "SOURCE");
    for (PluginInfo info : plugins) {
      table.add(
          key(info),
          info.type(),
          info.options().stream().map(Option::name).collect(Collectors.joining(",")),
          info.module().orElse("-"),
          info.version().orElse("-"),
          info.source().orElse("built in"));
    }
    return table;
  }

  private void printOptions(PluginInfo info) {
    if (info.options().isEmpty()) {
      return;
    }
    terminal.out().println();
    terminal.out().println(key(info) + " " + info.type());
    Table table = new Table("  OPTION", "DEFAULT", "VALUES", "MEANING");
    for (Option<?> option : info.options()) {
      table.add(
          "  " + option.name(),
          option.isRequired() ? "(required)" : option.defaultText().orElse("(none)"),
          option.expected(),
          option.help());
    }
    table.print(terminal.out());
  }

  private static String json(PluginCatalog catalog) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = AsciiJson.generator(text)) {
      json.writeStartObject();
      json.writeArrayFieldStart("plugins");
      for (PluginInfo info : catalog.plugins()) {
        write(json, info);
      }
      json.writeEndArray();
      json.writeArrayFieldStart("problems");
      for (PluginProblem problem : catalog.problems()) {
        json.writeString(problem.toString());
      }
      json.writeEndArray();
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // a StringWriter does not throw
    }
    return text.toString();
  }

  private static void write(JsonGenerator json, PluginInfo info) throws IOException {
    json.writeStartObject();
    json.writeStringField("key", key(info));
    json.writeStringField("type", info.type());
    json.writeStringField("module", info.module().orElse(null));
    json.writeStringField("version", info.version().orElse(null));
    json.writeStringField("source", info.source().orElse(null));
    json.writeArrayFieldStart("options");
    for (Option<?> option : info.options()) {
      json.writeStartObject();
      json.writeStringField("name", option.name());
      json.writeBooleanField("required", option.isRequired());
      json.writeStringField("default", option.defaultText().orElse(null));
      json.writeStringField("values", option.expected());
      json.writeStringField("help", option.help());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }
}
