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
 * A server of the configuration with the slots of all its addresses. It has one place in a table.
 *
 * @param text its identity: {@code host:port} as configured
 * @param weight the greatest weight of its addresses
 * @param slots at least one; ordered by endpoint, so that the snapshot's order does not matter
 */
record Server(String text, int weight, List<Integer> slots) {
  Server {
    slots = List.copyOf(slots);
  }

  /**
   * Returns the servers of a snapshot in the order of their first occurrence, which is that of the
   * configuration.
   *
   * @param weights by slot; slots of weight 0 are left out
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

  /**
   * Returns the length of the host in {@link #text}: the part before a last colon followed only by
   * digits.
   */
  int hostLength() {
    int at = text.length();
    while (at > 0 && text.charAt(at - 1) >= '0' && text.charAt(at - 1) <= '9') {
      at--;
    }
    return at > 0 && text.charAt(at - 1) == ':' ? at - 1 : text.length();
  }
}
