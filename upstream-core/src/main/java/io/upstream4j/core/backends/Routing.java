package io.upstream4j.core.backends;

import io.upstream4j.api.spi.BackendSnapshot;
import io.upstream4j.api.spi.Candidates;
import org.jspecify.annotations.Nullable;

/**
 * Which candidates a request is offered first: one group's, drawn by the groups' shares, with
 * backends that start slowly taking part by lot. Immutable.
 *
 * <p>When a picker finds nobody among them, it is asked again with all that the generation has.
 */
final class Routing {
  private final @Nullable Candidates only;
  private final int[] until; // of 2^31, by group
  private final Candidates[] offers; // by group

  private Routing(@Nullable Candidates only, int[] until, Candidates[] offers) {
    this.only = only;
    this.until = until;
    this.offers = offers;
  }

  /** All backends together, for the lots' sake. */
  static Routing ofAll(Generation generation) {
    return new Routing(new Offer(generation, null, 0), new int[0], new Candidates[0]);
  }

  /**
   * Between groups.
   *
   * @param shares by group; their sum is 1
   */
  static Routing of(Generation generation, Groups groups, double[] shares) {
    int[] until = new int[shares.length];
    Candidates[] offers = new Candidates[shares.length];
    Candidates only = null;
    double sum = 0;
    for (int group = 0; group < shares.length; group++) {
      sum += shares[group];
      until[group] = (int) Math.round(sum * Integer.MAX_VALUE);
      offers[group] = new Offer(generation, groups, group);
      if (shares[group] == 1) {
        only = offers[group];
      }
    }
    return new Routing(only, until, offers);
  }

  /** What every request is offered first; null when that is drawn. */
  @Nullable Candidates only() {
    return only;
  }

  /**
   * What a request is offered first.
   *
   * @param lot 0 to 2^31 - 1
   */
  Candidates drawn(int lot) {
    int group = 0;
    while (group < until.length - 1 && lot >= until[group]) {
      group++;
    }
    return offers[group];
  }

  /** One group of a generation; without groups, all of it. */
  private static final class Offer implements Candidates {
    private final Generation generation;
    private final @Nullable Groups groups;
    private final int group;

    Offer(Generation generation, @Nullable Groups groups, int group) {
      this.generation = generation;
      this.groups = groups;
      this.group = group;
    }

    @Override
    public boolean accepts(int slot) {
      return (groups == null || groups.of(slot) == group) && generation.admits(slot);
    }

    @Override
    public int inFlight(int slot) {
      return generation.inFlight(slot);
    }

    @Override
    public long inFlightTotal(int slots) {
      if (groups == null) {
        return generation.inFlightTotal(slots);
      }
      long total = 0;
      for (int slot = 0; slot < slots; slot++) {
        total += groups.of(slot) == group ? generation.inFlight(slot) : 0;
      }
      return total;
    }

    @Override
    public long weightTotal(BackendSnapshot snapshot) {
      if (groups == null) {
        return generation.weightTotal(snapshot);
      }
      long total = 0;
      for (int slot = 0; slot < snapshot.size(); slot++) {
        boolean counts = groups.of(slot) == group && generation.isUp(slot);
        total += counts ? snapshot.backend(slot).weight() : 0;
      }
      return total;
    }

    @Override
    public long latencyNanos(int slot) {
      return generation.latencyNanos(slot);
    }
  }
}
