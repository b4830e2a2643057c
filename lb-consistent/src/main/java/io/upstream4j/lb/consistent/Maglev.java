package io.upstream4j.lb.consistent;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The lookup table of Maglev (Eisenbud et al., "Maglev: A Fast and Reliable Software Network Load
 * Balancer", NSDI '16, section 3.4).
 *
 * <p>How it works: each server has its own permutation of the entries, derived from two hashes of
 * its text. The servers take turns, each taking the next free entry of its permutation, until no
 * entry is free. With weights, turn k of a server of weight w takes place at time k / w.
 */
final class Maglev implements Table {
  private final int[] owners;
  private final int[] distances;
  private final int servers;

  private Maglev(int[] owners, int serverCount) {
    this.owners = owners;
    this.distances = new int[owners.length];
    this.servers = Table.fillDistances(owners, distances, serverCount);
  }

  /**
   * Fills a table.
   *
   * @param size the number of entries; a prime, so that every step size visits all of them
   */
  static Maglev of(List<Server> servers, int size) {
    int[] owners = new int[size];
    Arrays.fill(owners, -1);
    int[] ranks = byText(servers);
    Permutation[] permutations = new Permutation[ranks.length];
    boolean weighted = false;
    for (int rank = 0; rank < ranks.length; rank++) {
      Server server = servers.get(ranks[rank]);
      permutations[rank] = new Permutation(rank, server, size);
      weighted |= server.weight() != servers.get(0).weight();
    }
    if (weighted) {
      fillByWeight(owners, permutations);
    } else {
      for (int filled = 0; filled < size; filled++) {
        permutations[filled % permutations.length].take(owners);
      }
    }
    for (int entry = 0; entry < size; entry++) {
      owners[entry] = ranks[owners[entry]];
    }
    return new Maglev(owners, permutations.length);
  }

  /** Orders the servers by text, so that their order in the list does not affect the table. */
  private static int[] byText(List<Server> servers) {
    return IntStream.range(0, servers.size())
        .boxed()
        .sorted(Comparator.comparing(i -> servers.get(i).text()))
        .mapToInt(i -> i)
        .toArray();
  }

  private static void fillByWeight(int[] owners, Permutation[] permutations) {
    Turns turns = new Turns(permutations);
    for (int filled = 0; filled < owners.length; filled++) {
      turns.next().take(owners);
    }
  }

  /** The finalizer of SplitMix64: every bit of the result depends on every bit of the argument. */
  static long mix(long number) {
    long z = (number ^ number >>> 30) * 0xbf58476d1ce4e5b9L;
    z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
    return z ^ z >>> 31;
  }

  @Override
  public int find(int hash) {
    // Fibonacci hashing (Knuth, TAOCP 3, 6.4), scaled to the size of the table: as even as a
    // remainder, without a division.
    int spread = hash * 0x9e3779b9;
    return (int) (((spread & 0xffff_ffffL) * owners.length) >>> 32);
  }

  @Override
  public int length() {
    return owners.length;
  }

  @Override
  public int server(int entry) {
    return owners[entry];
  }

  @Override
  public int distance(int entry) {
    return distances[entry];
  }

  @Override
  public int servers() {
    return servers;
  }

  private static final class Permutation {
    private final int server; // its rank by text
    private final int weight;
    private final int skip;
    private int next;

    Permutation(int server, Server of, int size) {
      this.server = server;
      this.weight = of.weight();
      long hash = hash(of.text());
      this.next = (int) Long.remainderUnsigned(hash, size);
      this.skip = (int) Long.remainderUnsigned(mix(~hash), size - 1) + 1;
    }

    /**
     * Returns the FNV-1a hash of the text's characters, mixed so that similar names are far apart.
     */
    private static long hash(String text) {
      long hash = 0xcbf29ce484222325L;
      for (int i = 0; i < text.length(); i++) {
        hash = (hash ^ text.charAt(i)) * 0x100000001b3L;
      }
      return mix(hash);
    }

    void take(int[] owners) {
      while (owners[next] >= 0) {
        step(owners.length);
      }
      owners[next] = server;
      step(owners.length);
    }

    private void step(int size) {
      int sum = next + skip; // less than twice the maximum size
      next = sum >= size ? sum - size : sum;
    }
  }

  /** A heap of servers by the time of their next turn, then by the order of the servers. */
  private static final class Turns {
    private final Permutation[] heap;
    private final double[] times; // by position in the heap
    private final long[] counts; // turns until that time, by server

    Turns(Permutation[] permutations) {
      heap = permutations.clone();
      times = new double[heap.length];
      counts = new long[heap.length];
      Arrays.sort(heap, Comparator.comparingInt((Permutation p) -> -p.weight));
      for (int i = 0; i < heap.length; i++) {
        counts[heap[i].server] = 1;
        times[i] = 1.0 / heap[i].weight;
      }
    }

    Permutation next() {
      Permutation first = heap[0];
      sink(first, (double) ++counts[first.server] / first.weight);
      return first;
    }

    /** Moves the first server to the position of its new time. */
    private void sink(Permutation first, double time) {
      int at = 0;
      int child = 1;
      while (child < heap.length) {
        if (child + 1 < heap.length
            && isBefore(heap[child + 1], times[child + 1], heap[child], times[child])) {
          child++;
        }
        if (!isBefore(heap[child], times[child], first, time)) {
          break;
        }
        heap[at] = heap[child];
        times[at] = times[child];
        at = child;
        child = 2 * at + 1;
      }
      heap[at] = first;
      times[at] = time;
    }

    private static boolean isBefore(
        Permutation one, double oneTime, Permutation other, double time) {
      return oneTime < time || (oneTime == time && one.server < other.server);
    }
  }
}
