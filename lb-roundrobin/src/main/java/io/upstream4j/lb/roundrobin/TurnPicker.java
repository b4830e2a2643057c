package io.upstream4j.lb.roundrobin;

import io.upstream4j.api.spi.BackendSnapshot;
import io.upstream4j.api.spi.Candidates;
import io.upstream4j.api.spi.Pick;
import io.upstream4j.api.spi.Picker;
import io.upstream4j.api.spi.RequestView;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Gives each request to the slot whose turn it is.
 *
 * <p>How it works: a pick takes a turn from a counter and looks up the slot. If that slot is not
 * eligible, the turn goes to a random other one by weight, so that its share falls to all others
 * and not to its neighbour. At first a few draws choose from the round. If those are not eligible
 * either, a walk tests all slots that were not drawn; each eligible one replaces the current choice
 * with a probability of its weight over the sum so far (weighted reservoir sampling). Draws depend
 * only on the turn, so they are recomputed instead of remembered. Slots of weight 0 are used last,
 * with equal probability.
 */
final class TurnPicker implements Picker {
  private static final int DRAWS = 8;

  /** Up to this number of slots, a walk costs less than draws. */
  private static final int FEW_SLOTS = 16;

  private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;

  private final BackendSnapshot snapshot;
  private final int[] weights;
  private final Round round;
  private final Remainder position;
  private final AtomicLong turns;
  private final int draws;

  /**
   * Creates the picker.
   *
   * @param snapshot the backends; not empty
   * @param weights by slot
   * @param round the round of those weights
   * @param turns the number of turns so far, over all generations
   */
  TurnPicker(BackendSnapshot snapshot, int[] weights, Round round, AtomicLong turns) {
    this.snapshot = snapshot;
    this.weights = weights;
    this.round = round;
    this.position = new Remainder(round.length());
    this.turns = turns;
    this.draws = weights.length <= FEW_SLOTS ? 0 : DRAWS;
  }

  @Override
  public Pick pick(RequestView request, Candidates candidates) {
    // Without the sign, so that turn 0 follows turn 2^63 - 1.
    long turn = turns.getAndIncrement() & Long.MAX_VALUE;
    int slot = drawn(turn, 0);
    return candidates.accepts(slot) ? snapshot.pick(slot) : elsewhere(turn, candidates);
  }

  private Pick elsewhere(long turn, Candidates candidates) {
    for (int draw = 1; draw <= draws; draw++) {
      int slot = drawn(turn, draw);
      if (!isDrawnBefore(turn, draw, slot) && candidates.accepts(slot)) {
        return snapshot.pick(slot);
      }
    }
    Pick weighted = walk(turn, candidates, false);
    if (weighted != null) {
      return weighted;
    }
    Pick unweighted = walk(turn, candidates, true);
    return unweighted != null ? unweighted : Pick.Nowhere.NO_ELIGIBLE_BACKEND;
  }

  /** Tests the slots that were not drawn: those with a weight, or those of weight 0. */
  private @Nullable Pick walk(long turn, Candidates candidates, boolean weightless) {
    int chosen = -1;
    long sum = 0;
    int drawn = nextDrawn(turn, -1);
    for (int slot = 0; slot < weights.length; slot++) {
      if (slot == drawn) {
        drawn = nextDrawn(turn, slot);
      } else if ((weights[slot] == 0) == weightless && candidates.accepts(slot)) {
        int weight = weightless ? 1 : weights[slot];
        sum += weight;
        if (lot(turn, DRAWS + 1 + slot, sum) < weight) {
          chosen = slot;
        }
      }
    }
    return chosen < 0 ? null : snapshot.pick(chosen);
  }

  /** Returns the slot of a draw. Draw 0 is the slot whose turn it is; the others are random. */
  private int drawn(long turn, int draw) {
    return round.slotAt(draw == 0 ? position.of(turn) : lot(turn, draw, round.length()));
  }

  private boolean isDrawnBefore(long turn, int draw, int slot) {
    for (int earlier = 0; earlier < draw; earlier++) {
      if (drawn(turn, earlier) == slot) {
        return true;
      }
    }
    return false;
  }

  /** Returns the first drawn slot after {@code slot}, or the number of slots if there is none. */
  private int nextDrawn(long turn, int slot) {
    int next = weights.length;
    for (int draw = 0; draw <= draws; draw++) {
      int drawn = drawn(turn, draw);
      if (drawn > slot && drawn < next) {
        next = drawn;
      }
    }
    return next;
  }

  /**
   * Returns a pseudo-random number below {@code bound} that depends only on the turn and the
   * number.
   */
  private static long lot(long turn, int number, long bound) {
    // SplitMix64 (Steele, Lea and Flood, 2014), seeded with the turn.
    long mixed = mix(mix(turn) + number * GOLDEN_GAMMA);
    return Math.multiplyHigh(mixed >>> 1, bound << 1);
  }

  private static long mix(long value) {
    long mixed = (value ^ (value >>> 30)) * 0xbf58476d1ce4e5b9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
    return mixed ^ (mixed >>> 31);
  }
}
