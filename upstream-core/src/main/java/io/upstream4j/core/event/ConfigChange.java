package io.upstream4j.core.event;

import java.util.ArrayList;
import java.util.List;

/**
 * What one configuration changed of the one before: names of upstreams, in the order of the files.
 *
 * @param added were not there before
 * @param updated are configured otherwise than before; their backends kept what is known of them
 * @param unchanged were not touched
 * @param removed are gone; requests under way have their {@code grace}
 * @param routesChanged whether the gateway's routes are others
 * @param gatewayChanged whether what else concerns the gateway's clients is otherwise
 */
public record ConfigChange(
    List<String> added,
    List<String> updated,
    List<String> unchanged,
    List<String> removed,
    boolean routesChanged,
    boolean gatewayChanged) {
  private static final int MAX_NAMED = 20;

  /** Copies the components. */
  public ConfigChange {
    added = List.copyOf(added);
    updated = List.copyOf(updated);
    unchanged = List.copyOf(unchanged);
    removed = List.copyOf(removed);
  }

  /** Whether everything is as it was. */
  public boolean isEmpty() {
    return added.isEmpty()
        && updated.isEmpty()
        && removed.isEmpty()
        && !routesChanged
        && !gatewayChanged;
  }

  /** How many upstreams there are now. */
  public int upstreams() {
    return added.size() + updated.size() + unchanged.size();
  }

  /**
   * In words, such as {@code 1 added (cart), 1 removed (old), routes changed}; of many names the
   * first twenty.
   */
  @Override
  public String toString() {
    List<String> words = new ArrayList<>();
    add(added, "added", words);
    add(updated, "updated", words);
    add(removed, "removed", words);
    if (routesChanged) {
      words.add("routes changed");
    }
    if (gatewayChanged) {
      words.add("gateway changed");
    }
    return words.isEmpty() ? "nothing changed" : String.join(", ", words);
  }

  private static void add(List<String> names, String what, List<String> words) {
    if (!names.isEmpty()) {
      String named =
          names.size() <= MAX_NAMED
              ? String.join(", ", names)
              : String.join(", ", names.subList(0, MAX_NAMED))
                  + " and "
                  + (names.size() - MAX_NAMED)
                  + " more";
      words.add(names.size() + " " + what + " (" + named + ")");
    }
  }
}
