package io.upstream4j.distribution;

import io.upstream4j.api.option.Location;
import io.upstream4j.core.config.Config;
import io.upstream4j.core.config.Explanation;
import io.upstream4j.core.config.Explanation.Setting;
import io.upstream4j.core.config.UpstreamConfig;
import io.upstream4j.core.plugin.PluginCatalog;
import io.upstream4j.core.plugin.PluginInfo;
import java.io.PrintWriter;
import java.util.List;

/**
 * {@code upstream check --explain}: prints the effective settings of each upstream and the gateway,
 * with their origins.
 */
final class ExplainConfig {
  private final PluginCatalog plugins;
  private final PrintWriter out;

  ExplainConfig(PluginCatalog plugins, PrintWriter out) {
    this.plugins = plugins;
    this.out = out;
  }

  void print(Config config) {
    for (UpstreamConfig upstream : config.upstreams().values()) {
      print(upstream.name(), Explanation.of(upstream));
    }
    print("gateway", Explanation.of(config.gateway().limits()));
  }

  private void print(String title, List<Setting> settings) {
    out.println(title);
    Table table = new Table("KEY", "VALUE", "FROM");
    for (Setting setting : settings) {
      table.add(setting.path(), setting.value().orElse("-"), from(setting));
    }
    table.print(out);
    out.println();
  }

  private String from(Setting setting) {
    String place =
        setting
            .given()
            .map(Location::toString)
            .orElse(setting.value().isPresent() ? "default" : "not set");
    return setting
        .kind()
        .flatMap(
            kind ->
                plugins.plugins().stream()
                    .filter(info -> info.kind() == kind)
                    .filter(info -> info.type().equals(setting.value().orElse("")))
                    .findFirst())
        .map(info -> place + ", by " + provider(info))
        .orElse(place);
  }

  private static String provider(PluginInfo info) {
    String name = info.module().orElseGet(() -> info.plugin().getClass().getName());
    return info.source().map(source -> name + " (" + source + ")").orElse(name);
  }
}
