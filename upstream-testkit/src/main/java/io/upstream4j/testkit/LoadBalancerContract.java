package io.upstream4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.BackendSnapshot;
import io.upstream4j.api.spi.LoadBalancer;
import io.upstream4j.api.spi.LoadBalancerProvider;
import io.upstream4j.api.spi.Pick;
import io.upstream4j.api.spi.Picker;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * The contract of load balancers that choose among the backends of their snapshot. A test class
 * implements this interface and inherits the tests.
 */
public interface LoadBalancerContract extends PluginContract {
  @Override
  LoadBalancerProvider plugin();

  /** Returns the options of the tests: keys to texts, numbers, booleans, lists and maps. */
  default Map<String, ?> options() {
    return Map.of();
  }

  /** Returns a request, different for each number. */
  default FakeRequest request(int number) {
    return FakeRequest.get("/" + number);
  }

  /**
   * Returns the greatest weight that each of a thousand backends may have; strategies may limit it.
   */
  default int greatestWeight() {
    return Backend.MAX_WEIGHT;
  }

  /** If only one backend is eligible, a pick finds it, and offers no slot twice. */
  @Test
  default void theOnlyEligibleBackendIsFoundAmongAny() {
    for (int size : new int[] {1, 2, 3, 4, 7, 16, 17, 100, 1_000}) {
      for (IntUnaryOperator weights : weightings()) {
        BackendSnapshot snapshot = snapshot(size, weights);
        Picker picker = newBalancer().prepare(snapshot);
        for (int only = 0; only < size; only += Math.max(1, size / 50)) {
          FakeCandidates candidates = new FakeCandidates(size).acceptOnly(only);
          Pick pick = picker.pick(request(only), candidates);
          assertThat(pick)
              .as("the pick among %s of which only %s is eligible", size, only)
              .isEqualTo(snapshot.pick(only));
          assertThat(candidates.offered()).doesNotHaveDuplicates();
        }
      }
    }
  }

  /** Whichever backends are eligible, even one of a thousand, each request finds one of them. */
  @Test
  default void whicheverBackendsAreEligibleEveryRequestFindsOne() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int size : new int[] {2, 10, 100, 1_000}) {
      Picker picker = newBalancer().prepare(snapshot(size, slot -> 1 + slot % 3));
      FakeCandidates candidates = new FakeCandidates(size);
      int[] slots = IntStream.range(0, size).toArray();
      for (int number = 0; number < 100_000; number++) {
        if (number % 100 == 0) {
          // Logarithmic, because few eligible backends are the hard case.
          int eligible = (int) Math.pow(size, random.nextDouble());
          for (int i = 0; i < eligible; i++) {
            int other = i + random.nextInt(size - i);
            int slot = slots[other];
            slots[other] = slots[i];
            slots[i] = slot;
          }
          candidates.acceptOnly(Arrays.copyOf(slots, eligible));
        }
        Pick pick = picker.pick(request(number), candidates.forget());
        if (!(pick instanceof Pick.To to) || !candidates.accepts(to.slot())) {
          throw new AssertionError(
              "request " + number + " among " + size + ": " + pick + " (seed " + seed + ")");
        }
      }
    }
  }

  /** A pick gives up only after it has offered every slot once. */
  @Test
  default void noSlotIsOfferedTwiceAndAllAreOfferedBeforeGivingUp() {
    for (int size : new int[] {1, 2, 3, 5, 16, 17, 100, 1_000}) {
      for (IntUnaryOperator weights : weightings()) {
        Picker picker = newBalancer().prepare(snapshot(size, weights));
        FakeCandidates candidates = new FakeCandidates(size).acceptOnly();
        for (int i = 0; i < 20; i++) {
          assertThat(picker.pick(request(i), candidates.forget())).isInstanceOf(Pick.Nowhere.class);
          assertThat(candidates.offered().stream().sorted().toList())
              .as("offered of %s", size)
              .isEqualTo(IntStream.range(0, size).boxed().toList());
        }
      }
    }
  }

  /** An answer contains a backend that accepted, with its slot in the snapshot. */
  @Test
  default void anAnswerIsABackendThatAccepted() {
    int size = 50;
    BackendSnapshot snapshot = snapshot(size, slot -> 1 + slot % 3);
    Picker picker = newBalancer().prepare(snapshot);
    FakeCandidates candidates = new FakeCandidates(size).reject(3, 4, 5, 20, 49);
    for (int i = 0; i < 2_000; i++) {
      Pick pick = picker.pick(request(i), candidates.forget());
      assertThat(slot(pick)).isBetween(0, size - 1).isNotIn(3, 4, 5, 20, 49);
      assertThat(pick).isEqualTo(snapshot.pick(slot(pick)));
    }
  }

  /** A pick from an empty set returns an answer with a reason. */
  @Test
  default void anEmptySetIsAnsweredWithNowhere() {
    Picker picker = newBalancer().prepare(snapshot(0, slot -> 1));
    assertThat(picker.pick(request(0), new FakeCandidates(0)))
        .isInstanceOfSatisfying(
            Pick.Nowhere.class, nowhere -> assertThat(nowhere.reason()).isNotBlank());
  }

  /** If all weights are 0, all backends receive requests. */
  @Test
  default void backendsThatAllHaveWeightZeroTakeRequests() {
    Picker picker = newBalancer().prepare(snapshot(5, slot -> 0));
    FakeCandidates candidates = new FakeCandidates(5);
    boolean[] chosen = new boolean[5];
    for (int i = 0; i < 2_000; i++) {
      chosen[slot(picker.pick(request(i), candidates.forget()))] = true;
    }
    assertThat(chosen).as("chosen at least once, by slot").doesNotContain(false);
  }

  /** A backend of weight 0 receives requests only if no other is eligible. */
  @Test
  default void weightZeroIsUsedOnlyWhenNoOtherBackendMayBe() {
    for (int size : new int[] {4, 40}) {
      Picker picker = newBalancer().prepare(snapshot(size, slot -> slot == 2 ? 0 : 1));
      FakeCandidates candidates = new FakeCandidates(size);
      for (int i = 0; i < 300; i++) {
        assertThat(slot(picker.pick(request(i), candidates.forget().acceptAll()))).isNotEqualTo(2);
        assertThat(slot(picker.pick(request(i), candidates.forget().acceptOnly(1, 2))))
            .isEqualTo(1);
        assertThat(slot(picker.pick(request(i), candidates.forget().acceptOnly(2)))).isEqualTo(2);
      }
    }
  }

  /** Pickers of old and new generations work side by side, each with its own set. */
  @Test
  default void pickersOfAllGenerationsStayUsable() {
    LoadBalancer balancer = newBalancer();
    List<Picker> pickers = new ArrayList<>();
    for (int size = 0; size < 40; size++) {
      pickers.add(balancer.prepare(snapshot(size, slot -> 1 + slot % 2)));
    }
    for (int i = 0; i < 200; i++) {
      for (int size = 1; size < 40; size++) {
        Pick pick = pickers.get(size).pick(request(i), new FakeCandidates(size));
        assertThat(slot(pick)).isBetween(0, size - 1);
      }
    }
  }

  /** Threads pick while new generations are prepared, and each pick belongs to its generation. */
  @Test
  default void threadsPickWhileNewGenerationsArePrepared() throws InterruptedException {
    LoadBalancer balancer = newBalancer();
    AtomicReference<Map.Entry<BackendSnapshot, Picker>> current =
        new AtomicReference<>(generation(balancer, 10));
    AtomicBoolean done = new AtomicBoolean();
    ExecutorService pool = Executors.newFixedThreadPool(3);
    try {
      List<Future<?>> picking = new ArrayList<>();
      for (int thread = 0; thread < 3; thread++) {
        picking.add(pool.submit(() -> pickUntil(done, current)));
      }
      for (int i = 0; i < 500; i++) {
        current.set(generation(balancer, 1 + i % 60));
      }
      done.set(true);
      for (Future<?> thread : picking) {
        thread.get(60, TimeUnit.SECONDS);
      }
    } catch (ExecutionException | TimeoutException e) {
      throw new AssertionError("a picking thread failed", e);
    } finally {
      pool.shutdownNow();
    }
  }

  /** A pick allocates nothing, whether or not its first choice is eligible. */
  @Test
  default void aPickAllocatesNothing() {
    for (int size : new int[] {3, 100, 5_000}) {
      Picker picker = newBalancer().prepare(snapshot(size, slot -> 1 + slot % 3));
      FakeCandidates candidates = new FakeCandidates(size);
      assertThat(leastBytesPerRound(picker, candidates))
          .as("bytes allocated by 1,000 picks among %s, all eligible", size)
          .isZero();
      for (int slot = 0; slot < size; slot += 3) {
        candidates.reject(slot);
      }
      assertThat(leastBytesPerRound(picker, candidates))
          .as("bytes allocated by 1,000 picks among %s, a third of them not eligible", size)
          .isZero();
    }
  }

  private long leastBytesPerRound(Picker picker, FakeCandidates candidates) {
    FakeRequest[] requests = new FakeRequest[1_000];
    for (int i = 0; i < requests.length; i++) {
      requests[i] = request(i);
    }
    return Allocations.leastBytesOf(
        () -> {
          for (FakeRequest request : requests) {
            picker.pick(request, candidates.forget());
          }
        });
  }

  private void pickUntil(
      AtomicBoolean done, AtomicReference<Map.Entry<BackendSnapshot, Picker>> current) {
    for (int i = 0; i < 1_000 || !done.get(); i++) {
      Map.Entry<BackendSnapshot, Picker> generation = current.get();
      BackendSnapshot snapshot = generation.getKey();
      Pick pick = generation.getValue().pick(request(i), new FakeCandidates(snapshot.size()));
      assertThat(pick).isEqualTo(snapshot.pick(slot(pick)));
    }
  }

  private static Map.Entry<BackendSnapshot, Picker> generation(LoadBalancer balancer, int size) {
    BackendSnapshot snapshot = snapshot(size, slot -> 1 + slot % 5);
    return Map.entry(snapshot, balancer.prepare(snapshot));
  }

  private LoadBalancer newBalancer() {
    Options options = Options.of(plugin().options(), Node.Mapping.of(options()));
    return plugin().create(options, new FakePluginContext());
  }

  private List<IntUnaryOperator> weightings() {
    int greatest = greatestWeight();
    return List.of(
        slot -> 1,
        slot -> 0,
        slot -> 1 + slot % 3,
        slot -> slot % 2,
        slot -> slot == 0 ? greatest : 1,
        slot -> Math.max(1, greatest - slot));
  }

  private static BackendSnapshot snapshot(int size, IntUnaryOperator weights) {
    return new BackendSnapshot(
        0,
        IntStream.range(0, size)
            .mapToObj(
                slot ->
                    Backend.of(
                        "10.0." + slot / 250 + "." + (1 + slot % 250),
                        8080,
                        weights.applyAsInt(slot)))
            .toList());
  }

  private static int slot(Pick pick) {
    assertThat(pick).isInstanceOf(Pick.To.class);
    return ((Pick.To) pick).slot();
  }
}
