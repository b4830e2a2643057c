package io.upstream4j.lb.roundrobin;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The order in which nginx serves weighted servers, computed once for a whole round. The weights 5,
 * 1, 1 result in {@code a a b a c a a}.
 *
 * <p>nginx keeps a value per server. For each request it adds to each value the server's weight,
 * takes the server with the greatest value (the first of equals), and subtracts the sum of all
 * weights from its value ({@code ngx_http_upstream_get_peer}). All values return to 0 after a
 * round.
 *
 * <p>The memory is 2 bytes per turn, at most 128 KiB.
 */
final class SmoothRound implements Round {
  /** The greatest number of turns. */
  static final int MAX_LENGTH = 65_536;

  /** The greatest number of slots, as a {@code char} holds one. */
  static final int MAX_SLOTS = 65_536;

  private final char[] slots;

  private SmoothRound(char[] slots) {
    this.slots = slots;
  }

  /**
   * Computes a round.
   *
   * @param weights by slot, at most {@link #MAX_SLOTS}
   * @param length the sum of the weights over {@code divisor}, at most {@link #MAX_LENGTH}
   * @param divisor the greatest common divisor of the weights
   */
  static SmoothRound of(int[] weights, int length, int divisor) {
    Peers[] groups = group(weights, divisor);
    char[] slots = new char[length];
    for (int turn = 0; turn < length; turn++) {
      Peers best = groups[0];
      for (Peers peers : groups) {
        peers.gain();
        if (peers.isBefore(best)) {
          best = peers;
        }
      }
      slots[turn] = (char) best.take(length);
    }
    return new SmoothRound(slots);
  }

  private static Peers[] group(int[] weights, int divisor) {
    Map<Integer, List<Integer>> groups = new TreeMap<>();
    for (int slot = 0; slot < weights.length; slot++) {
      if (weights[slot] > 0) {
        groups.computeIfAbsent(weights[slot] / divisor, weight -> new ArrayList<>()).add(slot);
      }
    }
    return groups.entrySet().stream()
        .map(group -> new Peers(group.getKey(), group.getValue()))
        .toArray(Peers[]::new);
  }

  @Override
  public long length() {
    return slots.length;
  }

  @Override
  public int slotAt(long position) {
    return slots[(int) position];
  }

  /**
   * The slots of one weight. They differ only in how often each was taken, so they are taken in
   * order and share one value. A turn therefore costs one step per distinct weight (at most 361 in
   * {@link #MAX_LENGTH} turns) instead of one per slot.
   */
  private static final class Peers {
    private final int weight;
    private final int[] slots;
    private int next;
    private long base;

    Peers(int weight, List<Integer> slots) {
      this.weight = weight;
      this.slots = slots.stream().mapToInt(Integer::intValue).toArray();
    }

    /** Adds the weight to the value of every slot; {@code base} is the value of the next one. */
    void gain() {
      base += weight;
    }

    boolean isBefore(Peers other) {
      return base > other.base || (base == other.base && slots[next] < other.slots[other.next]);
    }

    /** Takes the next slot. The values of the slots after it change only once all were taken. */
    int take(int length) {
      int slot = slots[next];
      next++;
      if (next == slots.length) {
        next = 0;
        base -= length;
      }
      return slot;
    }
  }
}
