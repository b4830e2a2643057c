package io.upstream4j.lb.leastload;

import io.upstream4j.api.spi.BackendSnapshot;
import io.upstream4j.api.spi.Candidates;
import io.upstream4j.api.spi.Pick;
import io.upstream4j.api.spi.Picker;
import io.upstream4j.api.spi.RequestView;
import java.util.function.LongSupplier;

/**
 * Takes the less loaded of two slots drawn at random by weight (Mitzenmacher, The Power of Two
 * Choices in Randomized Load Balancing, 1996). Of equally loaded slots it takes the first drawn, so
 * that idle backends are served by weight.
 *
 * <p>How it works: a few draws look for two eligible slots. If they find none, or only one in a
 * small set, a walk tests all slots that were not drawn; each eligible slot replaces the current
 * choice with a probability of its weight over the sum so far (weighted reservoir sampling). If the
 * draws find only one in a large set, it is taken without a second, because a walk would cost more
 * than it gains. Slots of weight 0 are used last.
 */
final class ChoicePicker implements Picker {
  private static final int DRAWS = 6;
  private static final int FEW_SLOTS = 64;
  private static final int NONE = -1;

  private final BackendSnapshot snapshot;
  private final Lots lots;
  private final Load load;
  private final LongSupplier random;

  /**
   * Creates the picker.
   *
   * @param snapshot the backends; not empty
   * @param lots draws their slots
   * @param load compares two slots
   * @param random called once per pick
   */
  ChoicePicker(BackendSnapshot snapshot, Lots lots, Load load, LongSupplier random) {
    this.snapshot = snapshot;
    this.lots = lots;
    this.load = load;
    this.random = random;
  }

  @Override
  public Pick pick(RequestView request, Candidates candidates) {
    long seed = random.getAsLong();
    int first = NONE;
    int one = lots.slot(seed, 0);
    if (candidates.accepts(one)) {
      if (load.takesFirst(seed)) {
        return snapshot.pick(one);
      }
      first = one;
    }
    int other = lots.slot(seed, 1);
    if (other != one && candidates.accepts(other)) {
      if (first != NONE) {
        return better(candidates, first, other);
      }
      first = other;
    }
    return first != NONE && load.takesFirst(seed)
        ? snapshot.pick(first)
        : draw(seed, candidates, first);
  }

  /** Draws again when the first two draws found at most one eligible slot. */
  private Pick draw(long seed, Candidates candidates, int drawn) {
    int first = drawn;
    for (int draw = 2; draw < DRAWS; draw++) {
      int slot = lots.slot(seed, draw);
      if (!lots.isDrawn(seed, draw, slot) && candidates.accepts(slot)) {
        if (first != NONE) {
          return better(candidates, first, slot);
        }
        if (load.takesFirst(seed)) {
          return snapshot.pick(slot);
        }
        first = slot;
      }
    }
    return first != NONE && lots.size() > FEW_SLOTS
        ? snapshot.pick(first)
        : walk(seed, candidates, first);
  }

  /** Finds the slots that the draws did not: the second one, or both. */
  private Pick walk(long seed, Candidates candidates, int drawn) {
    int first = drawn;
    int second = NONE;
    long sum = 0;
    int skipped = lots.nextDrawn(seed, DRAWS, NONE);
    for (int slot = 0; slot < lots.size(); slot++) {
      int weight = lots.weight(slot);
      if (slot == skipped) {
        skipped = lots.nextDrawn(seed, DRAWS, slot);
      } else if (weight > 0 && candidates.accepts(slot)) {
        sum += weight;
        if (drawn == NONE && Lots.wins(seed, DRAWS + 2 * slot, weight, sum)) {
          first = slot;
        }
        if (Lots.wins(seed, DRAWS + 2 * slot + 1, weight, sum)) {
          second = slot;
        }
      }
    }
    if (first == NONE) {
      return walkWeightless(seed, candidates);
    }
    return second == NONE || load.takesFirst(seed)
        ? snapshot.pick(first)
        : better(candidates, first, second);
  }

  /** Tests the slots of weight 0, which are never drawn, and takes the least loaded of them. */
  private Pick walkWeightless(long seed, Candidates candidates) {
    int chosen = NONE;
    long equals = 0;
    for (int slot = 0; slot < lots.size(); slot++) {
      if (lots.weight(slot) == 0 && candidates.accepts(slot)) {
        double difference =
            chosen == NONE ? -1 : loadOf(candidates, slot) - loadOf(candidates, chosen);
        equals = difference < 0 ? 1 : difference == 0 ? equals + 1 : equals;
        if (difference < 0 || (difference == 0 && Lots.wins(seed, DRAWS + slot, 1, equals))) {
          chosen = slot;
        }
      }
    }
    return chosen == NONE ? Pick.Nowhere.NO_ELIGIBLE_BACKEND : snapshot.pick(chosen);
  }

  private Pick better(Candidates candidates, int first, int second) {
    return snapshot.pick(loadOf(candidates, second) < loadOf(candidates, first) ? second : first);
  }

  private double loadOf(Candidates candidates, int slot) {
    return load.of(candidates, slot, lots.perRequest(slot));
  }
}
