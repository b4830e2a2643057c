package io.upstream4j.lb.roundrobin;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The order in which nginx serves weighted servers, worked out once for a whole round: 5, 1, 1 is
 * {@code a a b a c a a}.
 *
 * <p>nginx keeps a value per server. For each request it adds to each value the server's weight,
 * takes the server of the greatest value (of equals, the first), and subtracts from that one's
 * value the sum of all weights ({@code ngx_http_upstream_get_peer}). All values return to 0 after a
 * round.
 *
 * <p>The memory is 2 bytes per turn, at most 128 KiB.
 */
final class SmoothRound implements Round {
  /** The most turns a round may have here. */
  static final int MAX_LENGTH = 65_536;

  /** The most slots there may be here: a {@code char} names one. */
  static final int MAX_SLOTS = 65_536;

  private final char[] slots;

  private SmoothRound(char[] slots) {
    this.slots = slots;
  }

  /**
   * Works out a round.
   *
   * @param weights by slot, at most {@link #MAX_SLOTS}
   * @param length the sum of the weights over {@code divisor}, at most {@link #MAX_LENGTH}
   * @param divisor the greatest that divides all weights
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
   * The slots of one weight. They differ only in how often each was taken, so the next among them
   * is always the one after the last: one value stands for all, and a turn costs as many steps as
   * there are different weights (at most 361 in {@link #MAX_LENGTH} turns) rather than slots.
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

    /** Adds the weight to the value of every slot; {@code base} is that of the next one. */
    void gain() {
      base += weight;
    }

    boolean isBefore(Peers other) {
      return base > other.base || (base == other.base && slots[next] < other.slots[other.next]);
    }

    /** Takes the next slot. The values of those after it are as before, until all were taken. */
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
