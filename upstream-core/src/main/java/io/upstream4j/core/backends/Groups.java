package io.upstream4j.core.backends;

import io.upstream4j.api.spi.Attributes;
import io.upstream4j.api.spi.Backend;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which backends a request is offered together: those of one tier of {@linkplain
 * Attributes#PRIORITY priority}, and of these the ones of the own {@linkplain Attributes#ZONE zone}
 * apart from the others. Immutable; made once for each set of backends.
 *
 * <p>Tiers are numbered from 0 in the order of their priorities. Tier t's backends of the own zone
 * are group 2 t, the others group 2 t + 1; without an own zone, all are group 2 t.
 */
final class Groups {
  private final int[] ofSlot;
  private final long[] weights;
  private final int[] zones;

  private Groups(int[] ofSlot, long[] weights, int[] zones) {
    this.ofSlot = ofSlot;
    this.weights = weights;
    this.zones = zones;
  }

  static Groups of(List<Backend> backends, Optional<String> ownZone) {
    Set<Integer> priorities = new TreeSet<>();
    backends.forEach(backend -> priorities.add(priority(backend)));
    int[] ofSlot = new int[backends.size()];
    long[] weights = new long[backends.size()];
    int[] zones = new int[priorities.size()];
    int tier = 0;
    for (int priority : priorities) {
      zones[tier] = fill(backends, ownZone, priority, tier, ofSlot, weights);
      tier++;
    }
    return new Groups(ofSlot, weights, zones);
  }

  /** Fills in what concerns one tier; returns how many zones it has. */
  private static int fill(
      List<Backend> backends,
      Optional<String> ownZone,
      int priority,
      int tier,
      int[] ofSlot,
      long[] weights) {
    Set<Optional<String>> zones = new HashSet<>();
    ownZone.ifPresent(zone -> zones.add(ownZone));
    long sum = 0;
    for (Backend backend : backends) {
      sum += priority(backend) == priority ? backend.weight() : 0;
    }
    for (int slot = 0; slot < ofSlot.length; slot++) {
      Backend backend = backends.get(slot);
      if (priority(backend) == priority) {
        Optional<String> zone = backend.attributes().find(Attributes.ZONE);
        zones.add(zone);
        ofSlot[slot] = 2 * tier + (ownZone.isEmpty() || zone.equals(ownZone) ? 0 : 1);
        weights[slot] = sum == 0 ? 1 : backend.weight(); // all 0: then they are all alike
      }
    }
    return zones.size();
  }

  private static int priority(Backend backend) {
    return backend.attributes().find(Attributes.PRIORITY).orElse(0);
  }

  /** Whether there is nothing to choose between. */
  boolean isOne() {
    for (int group : ofSlot) {
      if (group != ofSlot[0]) {
        return false;
      }
    }
    return true;
  }

  int tiers() {
    return zones.length;
  }

  /** Zones of a tier's backends, and the own one. */
  int zones(int tier) {
    return zones[tier];
  }

  int of(int slot) {
    return ofSlot[slot];
  }

  /** What a slot counts when groups are compared. */
  long weight(int slot) {
    return weights[slot];
  }
}
