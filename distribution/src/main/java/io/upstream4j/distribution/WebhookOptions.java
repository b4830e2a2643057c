package io.upstream4j.distribution;

import io.upstream4j.core.event.UpstreamEvent;
import io.upstream4j.distribution.admin.WebhookFormat;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;

/**
 * The webhook options of {@code serve}.
 *
 * @param file the file with the URL and headers
 * @param format the format of the receiver
 * @param kinds the kinds of events to post
 */
record WebhookOptions(Path file, WebhookFormat format, Set<String> kinds) {
  /** The kinds of events that need attention, without routine events of discovery and operators. */
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
          "backend_failing"); // summed up by health checks and circuits

  WebhookOptions {
    kinds = Set.copyOf(kinds);
  }

  /** Parses {@code usual}, {@code all}, or kinds separated by commas. */
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
