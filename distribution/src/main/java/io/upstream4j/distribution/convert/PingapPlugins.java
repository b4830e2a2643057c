package io.upstream4j.distribution.convert;

import io.upstream4j.api.option.Node;
import io.upstream4j.core.config.RoutePath;
import java.util.ArrayList;
import java.util.List;
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
          "traffic_splitting",
          "mirror",
          "bandwidth_limit",
          "image_optim",
          "error_page");

  /** Answer requests themselves. */
  private static final Set<String> ANSWERS = Set.of("directory", "mock", "redirect", "admin");

  /** Answer requests to one path only. */
  private static final Set<String> ANSWER_PATH = Set.of("mock", "ping", "stats");

  /** Those that need no table of their own. */
  private static final String BUILT_IN = "pingap:";

  private final Map<String, Node.Entry> tables;

  PingapPlugins(Map<String, Node.Entry> tables) {
    this.tables = tables;
  }

  /**
   * What plug-ins answer themselves.
   *
   * @param reason for a note
   */
  record Answered(RoutePath path, String reason) {}

  /** The paths that these answer, in a location that is open for others. */
  List<Answered> answered(Node plugins) {
    List<Answered> answered = new ArrayList<>();
    if (plugins instanceof Node.Sequence list) {
      for (Node item : list.items()) {
        String name = item instanceof Node.Scalar scalar ? scalar.text() : "";
        String category = text(name, "category");
        String path = answeredPath(name, category);
        if (!path.isEmpty()) {
          answered.add(
              new Answered(
                  category.equals("admin")
                      ? RouteList.prefix(RouteList.encoded(path))
                      : RouteList.exact(RouteList.encoded(path)),
                  "the plug-in \"" + name + "\" (" + category + ") answers them"));
        }
      }
    }
    return answered;
  }

  private String answeredPath(String name, String category) {
    String path = text(name, "path").strip();
    if (path.isEmpty() && category.equals("stats")) {
      path = text(name, "value").strip(); // of early versions
    }
    boolean one = ANSWER_PATH.contains(category) || (category.equals("admin") && path.length() > 1);
    return one && path.startsWith("/") ? path : "";
  }

  private String text(String name, String key) {
    Node.Entry table = tables.get(name);
    return table != null
            && table.value() instanceof Node.Mapping mapping
            && mapping.find(key).orElse(null) instanceof Node.Scalar scalar
        ? scalar.text()
        : "";
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
      String category = text(name, "category");
      if (category.isEmpty()) {
        return "the plug-in \"" + name + "\" is in none of the files, and may guard it";
      }
      if (!answeredPath(name, category).isEmpty()) {
        continue;
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
