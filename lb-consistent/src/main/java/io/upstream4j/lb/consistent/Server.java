package io.upstream4j.lb.consistent;

import io.upstream4j.api.spi.Attributes;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.BackendSnapshot;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What has a place in a table: one server of the configuration, with the slots of all its
 * addresses.
 *
 * @param text its identity: {@code host:port} as configured
 * @param weight the greatest of its addresses'
 * @param slots at least one; by endpoint, so that their order does not depend on the snapshot's
 */
record Server(String text, int weight, List<Integer> slots) {
  Server {
    slots = List.copyOf(slots);
  }

  /**
   * The servers of a snapshot, in the order in which they stand there first: that of the
   * configuration, where they are configured.
   *
   * @param weights by slot; a slot of weight 0 is left out
   */
  static List<Server> of(BackendSnapshot snapshot, int[] weights) {
    Map<String, List<Integer>> byText = new LinkedHashMap<>();
    for (int slot = 0; slot < weights.length; slot++) {
      if (weights[slot] > 0) {
        byText.computeIfAbsent(text(snapshot.backend(slot)), text -> new ArrayList<>()).add(slot);
      }
    }
    List<Server> servers = new ArrayList<>(byText.size());
    byText.forEach(
        (text, slots) -> {
          slots.sort(Comparator.comparing(slot -> snapshot.backend(slot).endpoint().toString()));
          int weight = slots.stream().mapToInt(slot -> weights[slot]).max().orElseThrow();
          servers.add(new Server(text, weight, slots));
        });
    return servers;
  }

  private static String text(Backend backend) {
    return backend.attributes().find(Attributes.SERVER).orElse(backend.endpoint().toString());
  }

  /** The length of the host in {@link #text}: what stands before a last colon and digits only. */
  int hostLength() {
    int at = text.length();
    while (at > 0 && text.charAt(at - 1) >= '0' && text.charAt(at - 1) <= '9') {
      at--;
    }
    return at > 0 && text.charAt(at - 1) == ':' ? at - 1 : text.length();
  }
}
