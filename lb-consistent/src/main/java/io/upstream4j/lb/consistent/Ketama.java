package io.upstream4j.lb.consistent;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The ring of nginx's {@code hash … consistent}, which originates from Cache::Memcached::Fast.
 *
 * <p>How it works: a server of weight w has {@code points · w} points. Each is the CRC-32 of the
 * host, a zero byte, the digits of the port and the previous point (four bytes, the lowest first; 0
 * at the start). A hash belongs to the first point that is not below it. Among equal points, the
 * server configured first wins, as in nginx; nothing else depends on the order of the servers. With
 * 1,000 servers this concerns about three of 160,000 points.
 *
 * <p>With many points, each memory access is a cache miss, so a look-up is confined to one place.
 * The sorted points are spread over cells, of which there are 1.25 to 2 times as many as points. A
 * point is in the cell for its part of the range of hashes, or in the next free one; a cell without
 * a point repeats the point after it. A look-up starts at the cell of the hash and nearly always
 * ends within four cells, which it compares without a branch, as that branch would be mispredicted
 * at every second look-up. A cell does not store the bits of its point that follow from its index,
 * so it fits an int.
 */
final class Ketama implements Table {
  static final int MAX_POINTS = 4_194_304;

  private static final long UNSIGNED = 0xffff_ffffL;
  private static final int WINDOW = 4;

  /**
   * The distance of the point above the start of the cell's range, which may be negative, with the
   * server in the low bits.
   */
  private final int[] cells;

  private final int serverBits;
  private final int homeShift;
  private final long step; // the part of the range of hashes that one cell covers
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
    // More cells than servers, so that a cell's number has room for any server in its low bits.
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

  /**
   * Returns 1 or 0. Cells are in order, so the cells below {@code wanted} are the first of a
   * window.
   */
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
   * The layout of points in cells. There are 2 to the power of {@code homeBits} home cells, at
   * which the look-up of a hash starts, and a few more at the end. The lowest {@code serverBits} of
   * a cell are its server.
   */
  private record Layout(int homeBits, int serverBits) {
    /** Returns the number of bits that distinguish {@code things} values, at least one. */
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

    /**
     * Returns the distance of a hash above the start of a cell's range, in the units of the cells.
     */
    long above(int hash, int cell) {
      return ((hash & UNSIGNED) << serverBits) - cell * step();
    }

    /**
     * Sorts by point, then by server. A bucket sort by home cell, as it is faster than a comparison
     * sort.
     */
    long[] sort(long[] points) {
      int[] begins = new int[(1 << homeBits) + 1];
      for (long point : points) {
        begins[home(hash(point))]++;
      }
      int sum = 0;
      for (int home = 0; home < begins.length; home++) {
        sum += begins[home];
        begins[home] = sum; // the end for now; the loop below lowers it to the beginning
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

    /** Sorts by insertion, as a home cell has one or two points. */
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
     * Places the points in cells. Of equal points, only the first is kept.
     *
     * @return null when a point is too far from its home cell to be encoded
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
      // Beyond the last point no hash is above a cell, and the server is that of the first point,
      // where the ring continues.
      int length = Math.max(homes, used) + WINDOW;
      Arrays.fill(cells, used, length, cell(Integer.MAX_VALUE, cells[0] & (1 << serverBits) - 1));
      return Arrays.copyOf(cells, length);
    }

    /**
     * Encodes a cell. All distances beyond the cell's range are equivalent, as no hash that starts
     * here is above them, so they are capped.
     */
    private int cell(long above, int server) {
      int most = Integer.MAX_VALUE >> serverBits << serverBits;
      return (int) Math.min(above, most) | server;
    }
  }
}
