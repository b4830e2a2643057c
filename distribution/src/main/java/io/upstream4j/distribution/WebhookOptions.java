package io.upstream4j.distribution;

import io.upstream4j.core.event.UpstreamEvent;
import io.upstream4j.distribution.admin.WebhookFormat;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;

/**
 * What {@code serve} is told of a webhook.
 *
 * @param file holds the URL, and headers
 * @param format that the receiver understands
 * @param kinds of events that are told
 */
record WebhookOptions(Path file, WebhookFormat format, Set<String> kinds) {
  /** What people want to know at once; not what discovery and operators do all day. */
  static final String USUAL = "usual";

  private static final String ALL = "all";
  private static final Set<String> EVERYDAY =
      Set.of(
          "backend_added",
          "backend_removed",
          "backends_added",
          "backends_removed",
          "backend_state_changed",
          "backend_weight_changed",
          "requests_rejected",
          "backend_failing"); // which health checks and circuits sum up

  WebhookOptions {
    kinds = Set.copyOf(kinds);
  }

  /** Reads {@code usual}, {@code all}, or kinds with commas. */
  static Set<String> kinds(String text) {
    Set<String> all = UpstreamEvent.kinds();
    if (text.equals(ALL)) {
      return all;
    }
    if (text.equals(USUAL)) {
      Set<String> usual = new TreeSet<>(all);
      usual.removeAll(EVERYDAY);
      return usual;
    }
    Set<String> kinds = new TreeSet<>();
    for (String kind : text.split(",", -1)) {
      if (!all.contains(kind.strip())) {
        throw new IllegalArgumentException(
            "\""
                + kind.strip()
                + "\" is no kind of event (expected: usual, all, or some of "
                + all
                + ")");
      }
      kinds.add(kind.strip());
    }
    return kinds;
  }
}
