package io.upstream4j.lb.consistent;

import java.util.List;

/**
 * A circle of entries, each of which belongs to a server. A hash selects an entry; the servers of
 * the following entries are next in line. Immutable once built.
 */
interface Table {
  /** Builds tables, off the request path. */
  @FunctionalInterface
  interface Builder {
    /**
     * Builds a table.
     *
     * @param servers in the order of the configuration; at least one
     * @throws IllegalArgumentException when there are too many; the message states the limit
     */
    Table of(List<Server> servers);
  }

  /** Returns the number of entries. */
  int length();

  /** Returns the entry of a hash. */
  int find(int hash);

  /** Returns the server of an entry, as its index in the list given to the builder. */
  int server(int entry);

  /**
   * Returns the number of entries back, around the circle, to the previous entry of the same
   * server, or {@link #length} when there is no other. If a walk has taken fewer steps, it meets
   * the server for the first time, so it need not remember the servers it has seen.
   */
  int distance(int entry);

  /** Returns the number of servers that have an entry. */
  int servers();

  /**
   * Computes the distances of a circle.
   *
   * @param owners the server of each entry
   * @param distances filled in
   * @param servers the number of servers
   * @return the number of servers that have an entry
   */
  static int fillDistances(int[] owners, int[] distances, int servers) {
    int length = owners.length;
    int[] last = new int[servers]; // the last index at which it was seen plus 1; 0 if unseen
    int seen = 0;
    for (int entry = 0; entry < length; entry++) {
      if (last[owners[entry]] == 0) {
        seen++;
      }
      last[owners[entry]] = entry + 1;
    }
    for (int server = 0; server < servers; server++) {
      last[server] -= length; // seen in the previous round
    }
    for (int entry = 0; entry < length; entry++) {
      distances[entry] = entry + 1 - last[owners[entry]];
      last[owners[entry]] = entry + 1;
    }
    return seen;
  }
}
