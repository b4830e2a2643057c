package io.upstream4j.lb.consistent;

import java.util.Arrays;
import java.util.List;

/**
 * The ring of nginx's {@code hash … consistent}, which is that of Cache::Memcached::Fast.
 *
 * <p>How it works: a server of weight w has {@code points · w} points, each the CRC-32 of host, a
 * zero byte, the port's digits and the point before (four bytes, the lowest first; 0 at the start).
 * A hash belongs to the first point that is not below it. Of equal points the server that is
 * configured first keeps its own: there, and only there, nginx heeds the order, and so must this.
 * Of 1,000 servers that is about three points in 160,000.
 *
 * <p>A hash is looked up in one place of memory, as with many points each place is a cache miss.
 * The points lie in order in a third more cells than there are points, each in the cell of its
 * share of the hashes, or in the next that is free; a cell that would be empty repeats the point
 * after it. So a look-up begins at the cell of the hash, and nearly always ends within four: these
 * are compared without a branch, which would be mispredicted at every second look-up.
 */
final class Ketama implements Table {
  static final int MAX_POINTS = 4_194_304;

  private static final long UNSIGNED = 0xffff_ffffL;
  private static final int SERVER_BITS = 30; // so that a cell is no negative number
  private static final int SERVER = (1 << SERVER_BITS) - 1;
  private static final int WINDOW = 4;

  private final long[] cells; // point << SERVER_BITS | server
  private final int homes; // how many cells are the first choice of a hash
  private final int[] distances;
  private final int servers;

  private Ketama(long[] cells, int homes, int serverCount) {
    this.cells = cells;
    this.homes = homes;
    this.distances = new int[cells.length];
    int[] owners = new int[cells.length];
    for (int cell = 0; cell < cells.length; cell++) {
      owners[cell] = server(cell);
    }
    this.servers = Table.fillDistances(owners, distances, serverCount);
  }

  static Ketama of(List<Server> servers, int pointsPerWeight) {
    long total = 0;
    for (Server server : servers) {
      total += (long) pointsPerWeight * server.weight();
    }
    if (total > MAX_POINTS) {
      throw new IllegalArgumentException(
          "the ring would have "
              + total
              + " points (expected: at most "
              + MAX_POINTS
              + "): give smaller weights, fewer points for each unit of weight, or table: maglev");
    }
    int homes = (int) (total + total / 3 + 1);
    long[] sorted = sort(points(servers, pointsPerWeight, (int) total), homes);
    return new Ketama(spread(sorted, homes), homes, servers.size());
  }

  private static long[] points(List<Server> servers, int pointsPerWeight, int total) {
    long[] points = new long[total];
    int count = 0;
    for (int i = 0; i < servers.size(); i++) {
      Server server = servers.get(i);
      int base = base(server);
      int point = 0;
      for (int end = count + pointsPerWeight * server.weight(); count < end; count++) {
        point = Crc32.value(Crc32.updateLittleEndian(base, point));
        points[count] = (point & UNSIGNED) << SERVER_BITS | i;
      }
    }
    return points;
  }

  private static int base(Server server) {
    String text = server.text();
    int host = server.hostLength();
    int state = Crc32.update(Crc32.update(Crc32.START, text, 0, host), 0);
    return Crc32.update(state, text, Math.min(host + 1, text.length()), text.length());
  }

  /**
   * By point, then by server; by spreading them over their homes, which is quicker than to sort.
   */
  private static long[] sort(long[] points, int homes) {
    int[] begins = new int[homes + 1];
    for (long point : points) {
      begins[home(point >>> SERVER_BITS, homes)]++;
    }
    int sum = 0;
    for (int home = 0; home <= homes; home++) {
      sum += begins[home];
      begins[home] = sum; // its end; taken down to its beginning below
    }
    long[] sorted = new long[points.length];
    for (long point : points) {
      sorted[--begins[home(point >>> SERVER_BITS, homes)]] = point;
    }
    for (int home = 0; home < homes; home++) {
      Arrays.sort(sorted, begins[home], begins[home + 1]);
    }
    return sorted;
  }

  /** Of equal points only the first is kept. */
  private static long[] spread(long[] sorted, int homes) {
    long[] cells = new long[homes + sorted.length + WINDOW];
    int used = 0;
    long before = -1;
    for (long value : sorted) {
      long point = value >>> SERVER_BITS;
      if (point != before) {
        int cell = Math.max(home(point, homes), used);
        Arrays.fill(cells, used, cell + 1, value);
        used = cell + 1;
        before = point;
      }
    }
    // What no hash is above, and whose server is that of the first point, where the ring goes on.
    int length = Math.max(homes, used) + WINDOW;
    Arrays.fill(cells, used, length, UNSIGNED << SERVER_BITS | (cells[0] & SERVER));
    return Arrays.copyOf(cells, length);
  }

  private static int home(long point, int homes) {
    return (int) ((point * homes) >>> 32);
  }

  @Override
  public int find(int hash) {
    long wanted = (hash & UNSIGNED) << SERVER_BITS;
    int cell = home(hash & UNSIGNED, homes);
    cell +=
        isBelow(cell, wanted)
            + isBelow(cell + 1, wanted)
            + isBelow(cell + 2, wanted)
            + isBelow(cell + 3, wanted);
    while (cells[cell] < wanted) {
      cell++;
    }
    return cell;
  }

  /** 1 or 0. Cells are in order, so those below are the first of any in a row. */
  private int isBelow(int cell, long wanted) {
    return (int) ((cells[cell] - wanted) >>> 63);
  }

  @Override
  public int length() {
    return cells.length;
  }

  @Override
  public int server(int entry) {
    return (int) cells[entry] & SERVER;
  }

  @Override
  public int distance(int entry) {
    return distances[entry];
  }

  @Override
  public int servers() {
    return servers;
  }
}
