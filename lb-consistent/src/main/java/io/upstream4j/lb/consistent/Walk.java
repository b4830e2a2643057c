package io.upstream4j.lb.consistent;

import io.upstream4j.api.spi.Candidates;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Walks the table from the entry of a hash to the first slot that is accepted and has room.
 * Immutable.
 */
final class Walk {
  private static final int SEVERAL = -1;

  private final Table table;
  private final int[] slots; // by server; SEVERAL when its addresses take turns
  private final boolean plain; // server number and slot are equal, so no look-up is needed
  private final Rotation[] addresses;
  private final Rotation withoutEntry;
  private final LoadBound bound;

  /**
   * Creates a walk.
   *
   * @param addresses by server
   * @param withoutEntry the slots of servers without an entry in the table; offered last
   */
  Walk(Table table, Rotation[] addresses, Rotation withoutEntry, LoadBound bound) {
    this.table = table;
    this.addresses = addresses;
    this.withoutEntry = withoutEntry;
    this.bound = bound;
    this.slots = new int[addresses.length];
    for (int server = 0; server < slots.length; server++) {
      slots[server] = addresses[server].onlySlot(SEVERAL);
    }
    this.plain = Arrays.equals(slots, IntStream.range(0, slots.length).toArray());
  }

  LoadBound bound() {
    return bound;
  }

  /**
   * Offers all servers, beginning with that of the hash. Returns a result like {@link
   * Rotation#next}.
   */
  int next(int hash, Candidates candidates, long total) {
    int entry = table.find(hash);
    int best = offer(table.server(entry), candidates, total);
    return best >= 0 ? best : further(entry, best, candidates, total);
  }

  private int further(int start, int first, Candidates candidates, long total) {
    int best = first;
    int length = table.length();
    int left = table.servers() - 1;
    int entry = start;
    for (int steps = 1; left > 0; steps++) {
      entry = entry + 1 == length ? 0 : entry + 1;
      if (table.distance(entry) > steps) {
        int offered = offer(table.server(entry), candidates, total);
        if (offered >= 0) {
          return offered;
        }
        best = bound.lessLoaded(best, offered, candidates);
        left--;
      }
    }
    int last = withoutEntry.next(candidates, bound, total);
    return last >= 0 ? last : bound.lessLoaded(best, last, candidates);
  }

  /**
   * Returns up to {@code limit} slots, beginning with the server of the hash. The addresses of one
   * server, which take turns in traffic, are in their order.
   */
  List<Integer> order(int hash, int limit) {
    List<Integer> order = new ArrayList<>();
    int length = table.length();
    int entry = table.find(hash);
    int left = table.servers();
    for (int steps = 0; left > 0 && order.size() < limit; steps++) {
      if (table.distance(entry) > steps) {
        addresses[table.server(entry)].addTo(order);
        left--;
      }
      entry = entry + 1 == length ? 0 : entry + 1;
    }
    if (left == 0) {
      withoutEntry.addTo(order);
    }
    return order.subList(0, Math.min(limit, order.size()));
  }

  private int offer(int server, Candidates candidates, long total) {
    int slot = plain ? server : slots[server];
    return slot == SEVERAL
        ? addresses[server].next(candidates, bound, total)
        : bound.offer(slot, candidates, total);
  }
}
