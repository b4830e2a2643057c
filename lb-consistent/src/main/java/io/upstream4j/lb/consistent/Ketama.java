package io.upstream4j.lb.consistent;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

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
 * The points lie in order in a quarter more cells than there are points, or up to twice that, each
 * in the cell of its share of the hashes, or in the next that is free; a cell that would be empty
 * repeats the point after it. So a look-up begins at the cell of the hash, and nearly always ends
 * within four: these are compared without a branch, which would be mispredicted at every second
 * look-up. What a cell's place says of its point is not written again, so that a cell is an int.
 */
final class Ketama implements Table {
  static final int MAX_POINTS = 4_194_304;

  private static final long UNSIGNED = 0xffff_ffffL;
  private static final int WINDOW = 4;

  /**
   * How far the point is above the cell's share, which may be below 0, and in the low bits whose.
   */
  private final int[] cells;

  private final int serverBits;
  private final int homeShift;
  private final long step; // from one cell's share to the next
  private final int[] distances;
  private final int servers;

  private Ketama(int[] cells, Layout layout, int serverCount) {
    this.cells = cells;
    this.serverBits = layout.serverBits();
    this.homeShift = layout.homeShift();
    this.step = layout.step();
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
    int serverBits = Layout.bits(servers.size());
    // More cells than servers, so that any number of a cell has room beside any server's.
    int homeBits = Math.max(Layout.bits(total + total / 4), serverBits + 1);
    long[] points = points(servers, pointsPerWeight, (int) total);
    Layout layout = new Layout(homeBits, serverBits);
    long[] sorted = layout.sort(points);
    int[] cells = layout.spread(sorted);
    while (cells == null) {
      layout = new Layout(layout.homeBits() + 1, serverBits);
      cells = layout.spread(sorted);
    }
    return new Ketama(cells, layout, servers.size());
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
        points[count] = (point & UNSIGNED) << Integer.SIZE | i;
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

  @Override
  public int find(int hash) {
    int home = hash >>> homeShift;
    long wanted = ((hash & UNSIGNED) - ((long) home << homeShift)) << serverBits;
    int cell =
        home
            + isBelow(home, wanted)
            + isBelow(home + 1, wanted - step)
            + isBelow(home + 2, wanted - 2 * step)
            + isBelow(home + 3, wanted - 3 * step);
    while (cells[cell] < wanted - (cell - home) * step) {
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
    return cells[entry] & (1 << serverBits) - 1;
  }

  @Override
  public int distance(int entry) {
    return distances[entry];
  }

  @Override
  public int servers() {
    return servers;
  }

  /**
   * How points lie in cells. There are 2 to the power of {@code homeBits} that are the first choice
   * of some hash, a few more at the end; the lowest {@code serverBits} of each are its server.
   */
  private record Layout(int homeBits, int serverBits) {
    /** How many it takes to tell so many things apart, at least one. */
    static int bits(long things) {
      return Math.max(1, Long.SIZE - Long.numberOfLeadingZeros(things - 1));
    }

    int homeShift() {
      return Integer.SIZE - homeBits;
    }

    long step() {
      return 1L << (homeShift() + serverBits);
    }

    int home(int hash) {
      return hash >>> homeShift();
    }

    /** How far a hash is above the share of a cell, in the units of the cells. */
    long above(int hash, int cell) {
      return ((hash & UNSIGNED) << serverBits) - cell * step();
    }

    /**
     * By point, then by server; by spreading them over their homes, which is quicker than to sort.
     */
    long[] sort(long[] points) {
      int[] begins = new int[(1 << homeBits) + 1];
      for (long point : points) {
        begins[home(hash(point))]++;
      }
      int sum = 0;
      for (int home = 0; home < begins.length; home++) {
        sum += begins[home];
        begins[home] = sum; // its end; taken down to its beginning below
      }
      long[] sorted = new long[points.length];
      for (long point : points) {
        sorted[--begins[home(hash(point))]] = point;
      }
      for (int home = 0; home + 1 < begins.length; home++) {
        sortUnsigned(sorted, begins[home], begins[home + 1]);
      }
      return sorted;
    }

    /** By insertion, as there are one or two of them. */
    private static void sortUnsigned(long[] points, int from, int to) {
      for (int i = from + 1; i < to; i++) {
        long point = points[i];
        int at = i;
        while (at > from && Long.compareUnsigned(points[at - 1], point) > 0) {
          points[at] = points[at - 1];
          at--;
        }
        points[at] = point;
      }
    }

    private static int hash(long point) {
      return (int) (point >>> Integer.SIZE);
    }

    /**
     * Of equal points only the first is kept.
     *
     * @return null when a point came to lie too far behind its home to be told there
     */
    int @Nullable [] spread(long[] sorted) {
      int homes = 1 << homeBits;
      int[] cells = new int[homes + sorted.length + WINDOW];
      int used = 0;
      long before = -1;
      for (long value : sorted) {
        int point = hash(value);
        if ((point & UNSIGNED) != before) {
          int cell = Math.max(home(point), used);
          if (above(point, cell) < Integer.MIN_VALUE) {
            return null;
          }
          for (; used <= cell; used++) {
            cells[used] = cell(above(point, used), (int) value);
          }
          before = point & UNSIGNED;
        }
      }
      // What no hash is above, and whose server is that of the first point, where the ring goes on.
      int length = Math.max(homes, used) + WINDOW;
      Arrays.fill(cells, used, length, cell(Integer.MAX_VALUE, cells[0] & (1 << serverBits) - 1));
      return Arrays.copyOf(cells, length);
    }

    /** Beyond the cell's share all numbers mean the same: no hash that begins here is above. */
    private int cell(long above, int server) {
      int most = Integer.MAX_VALUE >> serverBits << serverBits;
      return (int) Math.min(above, most) | server;
    }
  }
}
