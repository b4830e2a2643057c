package io.upstream4j.lb.consistent;

import java.util.List;

/**
 * A circle of entries, each of which belongs to a server; a hash has its entry, and the servers of
 * the entries after it are next in turn. Immutable once built.
 */
interface Table {
  /** Builds a table, off the request path. */
  @FunctionalInterface
  interface Builder {
    /**
     * Builds.
     *
     * @param servers in the order of the configuration; at least one
     * @throws IllegalArgumentException when they are too many; the message says how many may be
     */
    Table of(List<Server> servers);
  }

  /** How many entries there are. */
  int length();

  /** The entry of a hash. */
  int find(int hash);

  /** The server of an entry, as its index in the list the table was built of. */
  int server(int entry);

  /**
   * How many entries back the one before of the same server stands, around the circle; {@link
   * #length} when there is no other. A walk that has made fewer steps meets the server for the
   * first time: so a walk needs no memory of what it has seen.
   */
  int distance(int entry);

  /** How many servers have an entry. */
  int servers();

  /**
   * The distances of a circle.
   *
   * @param owners the server of each entry
   * @param distances filled in
   * @param servers how many servers there may be
   * @return how many of them have an entry
   */
  static int fillDistances(int[] owners, int[] distances, int servers) {
    int length = owners.length;
    int[] last = new int[servers]; // one more than where it was seen, 0 when it was not
    int seen = 0;
    for (int entry = 0; entry < length; entry++) {
      if (last[owners[entry]] == 0) {
        seen++;
      }
      last[owners[entry]] = entry + 1;
    }
    for (int server = 0; server < servers; server++) {
      last[server] -= length; // seen in the round before
    }
    for (int entry = 0; entry < length; entry++) {
      distances[entry] = entry + 1 - last[owners[entry]];
      last[owners[entry]] = entry + 1;
    }
    return seen;
  }
}
