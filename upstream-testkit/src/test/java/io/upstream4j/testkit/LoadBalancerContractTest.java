package io.upstream4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.BackendSnapshot;
import io.upstream4j.api.spi.LoadBalancer;
import io.upstream4j.api.spi.LoadBalancerProvider;
import io.upstream4j.api.spi.Pick;
import io.upstream4j.api.spi.Picker;
import io.upstream4j.api.spi.PluginContext;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** Tests that the contract accepts a correct balancer and detects each flaw. */
class LoadBalancerContractTest {
  /** Offers slots in order, starting one further each time; those of weight 0 last. */
  private static final LoadBalancer RIGHT =
      snapshot -> {
        int[] turn = {0};
        return (request, candidates) -> {
          int size = snapshot.size();
          if (size == 0) {
            return Pick.Nowhere.NO_BACKENDS;
          }
          int start = Math.floorMod(turn[0]++, size);
          for (int pass = 0; pass < 2; pass++) {
            for (int i = 0; i < size; i++) {
              int slot = (start + i) % size;
              boolean last = snapshot.backend(slot).weight() == 0;
              if (last == (pass == 1) && candidates.accepts(slot)) {
                return snapshot.pick(slot);
              }
            }
          }
          return Pick.Nowhere.NO_ELIGIBLE_BACKEND;
        };
      };

  @Test
  void aRightBalancerPasses() {
    LoadBalancerContract contract = contract(RIGHT);
    assertThatCode(
            () -> {
              contract.theOnlyEligibleBackendIsFoundAmongAny();
              contract.noSlotIsOfferedTwiceAndAllAreOfferedBeforeGivingUp();
              contract.anAnswerIsABackendThatAccepted();
              contract.anEmptySetIsAnsweredWithNowhere();
              contract.backendsThatAllHaveWeightZeroTakeRequests();
              contract.weightZeroIsUsedOnlyWhenNoOtherBackendMayBe();
              contract.pickersOfAllGenerationsStayUsable();
              contract.threadsPickWhileNewGenerationsArePrepared();
              contract.aPickAllocatesNothing();
            })
        .doesNotThrowAnyException();
  }

  @Test
  void aBalancerThatGivesUpEarlyIsFound() {
    LoadBalancer wrong =
        snapshot ->
            (request, candidates) ->
                snapshot.size() > 0 && candidates.accepts(0)
                    ? snapshot.pick(0)
                    : Pick.Nowhere.NO_ELIGIBLE_BACKEND;
    assertFails(contract(wrong)::theOnlyEligibleBackendIsFoundAmongAny);
    assertFails(contract(wrong)::noSlotIsOfferedTwiceAndAllAreOfferedBeforeGivingUp);
  }

  @Test
  void aBalancerThatAsksTwiceIsFound() {
    LoadBalancer wrong =
        wrapping(
            (snapshot, right) ->
                (request, candidates) -> {
                  candidates.accepts(snapshot.size() - 1);
                  return right.pick(request, candidates);
                });
    assertFails(contract(wrong)::noSlotIsOfferedTwiceAndAllAreOfferedBeforeGivingUp);
    assertFails(contract(wrong)::theOnlyEligibleBackendIsFoundAmongAny);
  }

  @Test
  void aBalancerThatDoesNotAskIsFound() {
    LoadBalancer wrong = snapshot -> (request, candidates) -> snapshot.pick(snapshot.size() / 2);
    assertFails(contract(wrong)::theOnlyEligibleBackendIsFoundAmongAny);
    assertFails(contract(wrong)::noSlotIsOfferedTwiceAndAllAreOfferedBeforeGivingUp);
    assertFails(contract(wrong)::backendsThatAllHaveWeightZeroTakeRequests);
    assertFails(contract(wrong)::weightZeroIsUsedOnlyWhenNoOtherBackendMayBe);
  }

  @Test
  void aBalancerThatFailsWithoutBackendsIsFound() {
    LoadBalancer wrong = snapshot -> (request, candidates) -> snapshot.pick(0);
    assertFails(contract(wrong)::anEmptySetIsAnsweredWithNowhere);
  }

  @Test
  void aBalancerWhosePickersShareTheSnapshotIsFound() {
    BackendSnapshot[] shared = new BackendSnapshot[1];
    LoadBalancer wrong =
        snapshot -> {
          shared[0] = snapshot;
          return (request, candidates) -> {
            candidates.accepts(shared[0].size() - 1);
            return shared[0].pick(shared[0].size() - 1);
          };
        };
    assertFails(contract(wrong)::pickersOfAllGenerationsStayUsable);
  }

  @Test
  void aBalancerThatMakesItsAnswersIsFound() {
    Backend[] last = new Backend[1];
    LoadBalancer wrong =
        wrapping(
            (snapshot, right) ->
                (request, candidates) -> {
                  Pick pick = right.pick(request, candidates);
                  if (pick instanceof Pick.To to) {
                    last[0] = Backend.of(to.backend().endpoint().host(), 1);
                  }
                  return pick;
                });
    assertFails(contract(wrong)::aPickAllocatesNothing);
  }

  private interface Wrapping {
    Picker around(BackendSnapshot snapshot, Picker right);
  }

  private static LoadBalancer wrapping(Wrapping wrapping) {
    return snapshot -> wrapping.around(snapshot, RIGHT.prepare(snapshot));
  }

  private static void assertFails(ThrowingCallable test) {
    assertThatThrownBy(test)
        .satisfiesAnyOf(
            failure -> assertThat(failure).isInstanceOf(AssertionError.class),
            failure -> assertThat(failure).isInstanceOf(IndexOutOfBoundsException.class));
  }

  private static LoadBalancerContract contract(LoadBalancer balancer) {
    LoadBalancerProvider provider =
        new LoadBalancerProvider() {
          @Override
          public String type() {
            return "made_up";
          }

          @Override
          public LoadBalancer create(Options options, PluginContext context) {
            return balancer;
          }
        };
    return () -> provider;
  }
}
