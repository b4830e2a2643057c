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
 * <p>Points are sorted by spreading them over as many buckets as there are points, by their top
 * bits. The beginnings of the buckets then serve as the index of the look-up: it reads one
 * beginning and on average less than two points.
 */
final class Ketama implements Table {
  static final int MAX_POINTS = 4_194_304;

  private static final long UNSIGNED = 0xffff_ffffL;

  private final long[] ring; // point << 32 | server; one more at the end, that no hash is above
  private final int[] index; // of a hash's top bits: the first entry not below all with those bits
  private final int shift;
  private final int length;
  private final int[] distances;
  private final int servers;

  private Ketama(long[] ring, int[] index, int shift, int length, int serverCount) {
    this.ring = ring;
    this.index = index;
    this.shift = shift;
    this.length = length;
    this.distances = new int[length];
    int[] owners = new int[length];
    for (int entry = 0; entry < length; entry++) {
      owners[entry] = (int) ring[entry];
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
    return sort(points(servers, pointsPerWeight, (int) total), servers.size());
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
        points[count] = (long) point << 32 | i;
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

  private static Ketama sort(long[] points, int servers) {
    int bits = Math.max(1, 32 - Integer.numberOfLeadingZeros(points.length - 1));
    int shift = 32 - bits;
    int[] index = new int[1 << bits];
    for (long point : points) {
      index[bucket(point, shift)]++;
    }
    int sum = 0;
    for (int bucket = 0; bucket < index.length; bucket++) {
      sum += index[bucket];
      index[bucket] = sum; // its end; taken down to its beginning below
    }
    long[] ring = new long[points.length + 1];
    for (long point : points) {
      ring[--index[bucket(point, shift)]] = point;
    }
    int length = 0;
    for (int bucket = 0; bucket < index.length; bucket++) {
      int from = index[bucket];
      int to = bucket + 1 < index.length ? index[bucket + 1] : points.length;
      // All of a bucket have the same sign, so that signed order will do.
      Arrays.sort(ring, from, to);
      index[bucket] = length;
      for (int i = from; i < to; i++) {
        if (length == 0 || ring[length - 1] >>> 32 != ring[i] >>> 32) {
          ring[length++] = ring[i];
        }
      }
    }
    ring[length] = -1;
    return new Ketama(ring, index, shift, length, servers);
  }

  private static int bucket(long point, int shift) {
    return (int) (point >>> (32 + shift));
  }

  @Override
  public int find(int hash) {
    long wanted = hash & UNSIGNED;
    int entry = index[hash >>> shift];
    while (ring[entry] >>> 32 < wanted) {
      entry++;
    }
    return entry == length ? 0 : entry;
  }

  @Override
  public int length() {
    return length;
  }

  @Override
  public int server(int entry) {
    return (int) ring[entry];
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
