package io.upstream4j.distribution.convert;

import io.upstream4j.api.option.Node;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the plug-ins of a location of pingap do to its requests. */
final class PingapPlugins {
  /** Let all requests through, to the same upstream. */
  private static final Set<String> OPEN =
      Set.of(
          "stats",
          "limit",
          "compression",
          "request_id",
          "cache",
          "ping",
          "response_headers",
          "sub_filter",
          "cors",
          "accept_encoding",
          "traffic_splitting");

  /** Answer requests themselves. */
  private static final Set<String> ANSWERS = Set.of("directory", "mock", "redirect", "admin");

  /** Those that need no table of their own. */
  private static final String BUILT_IN = "pingap:";

  private final Map<String, Node.Entry> tables;

  PingapPlugins(Map<String, Node.Entry> tables) {
    this.tables = tables;
  }

  /** Why a location with these must not be open to all; null when it may. */
  @Nullable String guard(Node plugins) {
    if (!(plugins instanceof Node.Sequence list)) {
      return null;
    }
    for (Node item : list.items()) {
      String name = item instanceof Node.Scalar scalar ? scalar.text() : "";
      if (name.startsWith(BUILT_IN)) {
        continue;
      }
      Node.Entry table = tables.get(name);
      String category =
          table != null
                  && table.value() instanceof Node.Mapping mapping
                  && mapping.find("category").orElse(null) instanceof Node.Scalar scalar
              ? scalar.text()
              : "";
      if (category.isEmpty()) {
        return "the plug-in \"" + name + "\" is in none of the files, and may guard it";
      }
      if (ANSWERS.contains(category)) {
        return "the plug-in \"" + name + "\" (" + category + ") answers its requests";
      }
      if (!OPEN.contains(category)) {
        return "the plug-in \"" + name + "\" (" + category + ") guards it";
      }
    }
    return null;
  }
}
