package io.upstream4j.core.backends;

import io.upstream4j.core.config.PolicyConfig;
import java.util.Arrays;

/**
 * How the requests of an upstream are divided among its {@link Groups}, at one state of health.
 *
 * <p>Tiers are loaded as Envoy loads its priority levels: a tier can take its healthy part times
 * the overprovisioning factor, at most all; what the first cannot take goes to the second, and so
 * on; when all tiers together cannot take everything, each takes its proportional part.
 *
 * <p>Within a tier, every zone is thought to be the origin of an equal part of the requests. While
 * the own zone has at least its part of what is healthy, its requests stay in it; below that, as
 * many leave it as keep its backends no busier than the others.
 */
final class Shares {
  private Shares() {}

  /**
   * The part of the requests that each group is to get; they add up to 1, or are all 0 when nothing
   * is healthy.
   *
   * @param counts by slot: whether it is in service
   * @param healthy by slot: of those that count
   */
  static double[] of(Groups groups, boolean[] counts, boolean[] healthy, PolicyConfig policy) {
    double[] all = new double[2 * groups.tiers()];
    double[] well = new double[all.length];
    for (int slot = 0; slot < healthy.length; slot++) {
      all[groups.of(slot)] += counts[slot] ? groups.weight(slot) : 0;
      well[groups.of(slot)] += healthy[slot] ? groups.weight(slot) : 0;
    }
    double[] tiers = tiers(all, well, policy.overprovisioningPercent() / 100.0);
    double[] shares = new double[all.length];
    for (int tier = 0; tier < tiers.length; tier++) {
      double local = local(well[2 * tier], well[2 * tier + 1], groups.zones(tier));
      shares[2 * tier] = tiers[tier] * local;
      shares[2 * tier + 1] = tiers[tier] * (1 - local);
    }
    return shares;
  }

  private static double[] tiers(double[] all, double[] well, double factor) {
    double[] capacity = new double[all.length / 2];
    for (int tier = 0; tier < capacity.length; tier++) {
      double total = all[2 * tier] + all[2 * tier + 1];
      double healthy = well[2 * tier] + well[2 * tier + 1];
      capacity[tier] = total == 0 ? 0 : Math.min(1, factor * healthy / total);
    }
    double whole = Math.min(1, Arrays.stream(capacity).sum());
    double left = 1;
    double[] shares = new double[capacity.length];
    for (int tier = 0; tier < shares.length && whole > 0; tier++) {
      shares[tier] = Math.min(left, capacity[tier] / whole);
      left -= shares[tier];
    }
    return shares;
  }

  private static double local(double own, double others, int zones) {
    return own + others == 0 ? 1 : Math.min(1, own / (own + others) * zones);
  }
}
