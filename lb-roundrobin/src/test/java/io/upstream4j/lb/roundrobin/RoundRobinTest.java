package io.upstream4j.lb.roundrobin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.BackendSnapshot;
import io.upstream4j.api.spi.Pick;
import io.upstream4j.api.spi.Picker;
import io.upstream4j.testkit.FakeCandidates;
import io.upstream4j.testkit.FakeRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RoundRobinTest {
  private static final FakeRequest REQUEST = FakeRequest.get("/");

  @Test
  void weightsFiveAndOneAreServedInNginxsOrder() {
    assertThat(picks(new RoundRobin(), 12, 5, 1))
        .containsExactly(0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0);
  }

  @Test
  void twoEqualBackendsTakeTurns() {
    assertThat(picks(new RoundRobin(), 6, 1, 1)).containsExactly(0, 1, 0, 1, 0, 1);
  }

  @Test
  void aChangeOfMembershipDoesNotRestartTheRound() {
    RoundRobin balancer = new RoundRobin();
    assertThat(picks(balancer, 2, 1, 1, 1)).containsExactly(0, 1);
    assertThat(picks(balancer, 3, 1, 1, 1, 1)).containsExactly(2, 3, 0);
  }

  @Test
  void constantChangesOfMembershipLeaveSharesEqual() {
    RoundRobin balancer = new RoundRobin();
    int[] shares = new int[3];
    for (int i = 0; i < 3_000; i++) {
      shares[picks(balancer, 1, 1, 1, 1)[0]]++;
    }
    assertThat(shares).containsExactly(1_000, 1_000, 1_000);
  }

  @Test
  void moreThanTwoToThe31PicksAreServedAsTheFirstOnes() {
    RoundRobin balancer = new RoundRobin((1L << 31) - 2);
    // 2^31 - 2 is divisible by 3.
    assertThat(picks(balancer, 6, 1, 1, 1)).containsExactly(0, 1, 2, 0, 1, 2);
  }

  @Test
  void theCounterEndsWithoutAGap() {
    RoundRobin balancer = new RoundRobin(Long.MAX_VALUE - 2);
    assertThat(picks(balancer, 8, 1, 1, 1, 1)).containsExactly(1, 2, 3, 0, 1, 2, 3, 0);
    assertThat(picks(new RoundRobin(Long.MAX_VALUE), 20, 5, 1, 1)).hasSize(20);
  }

  @Test
  void theShareOfADeadBackendFallsToTheOthersByTheirWeights() {
    int[] weights = {4, 3, 2, 1};
    for (int dead = 0; dead < weights.length; dead++) {
      int[] shares = shares(weights, 200_000, dead);
      int rest = 10 - weights[dead];
      for (int slot = 0; slot < weights.length; slot++) {
        double expected = slot == dead ? 0 : (double) weights[slot] / rest;
        assertThat(shares[slot] / 200_000.0)
            .as("share of %s without %s", slot, dead)
            .isCloseTo(expected, within(0.01));
      }
    }
  }

  @Test
  void theShareOfADeadBackendDoesNotFallToItsNeighbour() {
    int[] shares = shares(new int[] {1, 1, 1, 1, 1}, 100_000, 1);
    assertThat(shares[1]).isZero();
    for (int slot : new int[] {0, 2, 3, 4}) {
      assertThat(shares[slot]).as("slot %s", slot).isCloseTo(25_000, within(500));
    }
  }

  @Test
  void whenMostOfManyAreDeadTheRestIsServedByWeight() {
    int[] weights = IntStream.range(0, 200).map(slot -> 1 + slot % 4).toArray();
    int[] dead = IntStream.range(0, 200).filter(slot -> slot % 20 != slot / 20).toArray();
    int[] shares = shares(weights, 200_000, dead);
    int sum = IntStream.range(0, 200).filter(s -> s % 20 == s / 20).map(s -> weights[s]).sum();
    for (int slot = 0; slot < 200; slot++) {
      double expected = slot % 20 == slot / 20 ? (double) weights[slot] / sum : 0;
      assertThat(shares[slot] / 200_000.0)
          .as("share of %s", slot)
          .isCloseTo(expected, within(0.01));
    }
  }

  @Test
  void whenOneOfManyIsDeadTheRestIsServedByWeight() {
    int[] weights = IntStream.range(0, 50).map(slot -> slot < 10 ? 5 : 1).toArray();
    int[] shares = shares(weights, 450_000, 3);
    for (int slot = 0; slot < 50; slot++) {
      double expected = slot == 3 ? 0 : weights[slot] / 85.0;
      assertThat(shares[slot] / 450_000.0)
          .as("share of %s", slot)
          .isCloseTo(expected, within(0.002));
    }
  }

  @Test
  void backendsOfWeightZeroShareEquallyWhenNoOtherMayBeUsed() {
    int[] shares = shares(new int[] {3, 0, 0, 2, 0}, 30_000, 0, 3);
    assertThat(shares[1]).isCloseTo(10_000, within(400));
    assertThat(shares[2]).isCloseTo(10_000, within(400));
    assertThat(shares[4]).isCloseTo(10_000, within(400));
  }

  @Test
  void threadsTogetherServeExactRounds() throws Exception {
    RoundRobin balancer = new RoundRobin();
    Picker picker = balancer.prepare(snapshot(5, 1, 1));
    int threads = 4;
    int rounds = 20_000;
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      List<Future<int[]>> parts = new ArrayList<>();
      for (int thread = 0; thread < threads; thread++) {
        parts.add(pool.submit(() -> count(picker, 3, 7 * rounds)));
      }
      int[] shares = new int[3];
      for (Future<int[]> part : parts) {
        int[] counted = part.get(60, TimeUnit.SECONDS);
        Arrays.setAll(shares, slot -> shares[slot] + counted[slot]);
      }
      assertThat(shares).containsExactly(5 * rounds * threads, rounds * threads, rounds * threads);
    } finally {
      pool.shutdownNow();
    }
  }

  private static int[] shares(int[] weights, int picks, int... dead) {
    Picker picker = new RoundRobin().prepare(snapshot(weights));
    FakeCandidates candidates = new FakeCandidates(weights.length).reject(dead);
    int[] shares = new int[weights.length];
    for (int i = 0; i < picks; i++) {
      shares[slot(picker.pick(REQUEST, candidates.forget()))]++;
    }
    return shares;
  }

  private static int[] count(Picker picker, int size, int picks) {
    FakeCandidates candidates = new FakeCandidates(size);
    int[] shares = new int[size];
    for (int i = 0; i < picks; i++) {
      shares[slot(picker.pick(REQUEST, candidates.forget()))]++;
    }
    return shares;
  }

  private static int[] picks(RoundRobin balancer, int picks, int... weights) {
    Picker picker = balancer.prepare(snapshot(weights));
    FakeCandidates candidates = new FakeCandidates(weights.length);
    return IntStream.range(0, picks)
        .map(i -> slot(picker.pick(REQUEST, candidates.forget())))
        .toArray();
  }

  private static int slot(Pick pick) {
    return ((Pick.To) pick).slot();
  }

  private static BackendSnapshot snapshot(int... weights) {
    return new BackendSnapshot(
        0,
        IntStream.range(0, weights.length)
            .mapToObj(slot -> Backend.of("backend-" + slot, 80, weights[slot]))
            .toList());
  }
}
