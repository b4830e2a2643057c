package io.upstream4j.distribution.convert;

import io.upstream4j.api.option.Node;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Says pingap's webhook, which belongs to its process, in arguments of {@code upstream serve}. */
final class PingapWebhook {
  /** The events that a category of pingap's stands for. */
  private static final Map<String, List<String>> KINDS =
      Map.of(
          "backend_status",
          List.of("backend_healthy", "backend_unhealthy"),
          "upstream_status",
          List.of("upstream_down", "upstream_recovered"),
          "service_discover_fail",
          List.of("discovery_failed"),
          "diff_config",
          List.of("config_applied"),
          "reload_config",
          List.of("config_applied"),
          "reload_config_fail",
          List.of("config_refused"));

  private static final int MOST_NAMED = 20;

  private PingapWebhook() {}

  /** What to do instead of a key of the table {@code basic} that begins with {@code webhook}. */
  static String here(Node.Entry entry) {
    return switch (entry.key()) {
      case "webhook" -> // the URL is a secret, so it is not said again
          "upstream serve --webhook FILE takes a file with the URL in its first line";
      case "webhook_type" -> "upstream serve --webhook-format " + format(entry.value());
      case "webhook_notifications" -> events(entry.value());
      case "webhook_headers" ->
          "the file of upstream serve --webhook has them after its first line, as name: value";
      default -> "there is nothing like it: each event is told by itself";
    };
  }

  private static String format(Node type) {
    String text = type instanceof Node.Scalar scalar ? scalar.text() : "";
    return text.equals("wecom") || text.equals("dingtalk") ? text : "json";
  }

  private static String events(Node categories) {
    Set<String> kinds = new LinkedHashSet<>();
    Set<String> unknown = new LinkedHashSet<>();
    if (categories instanceof Node.Sequence list) {
      for (Node item : list.items()) {
        String category = item instanceof Node.Scalar scalar ? scalar.text() : "";
        List<String> known = KINDS.get(category);
        if (known == null) {
          unknown.add(category);
        } else {
          kinds.addAll(known);
        }
      }
    }
    String said =
        kinds.isEmpty()
            ? "none of it is an event here"
            : "upstream serve --webhook-events " + String.join(",", kinds);
    return kinds.isEmpty() || unknown.isEmpty()
        ? said
        : said
            + "; there is no event for "
            + String.join(", ", unknown.stream().limit(MOST_NAMED).toList());
  }
}
