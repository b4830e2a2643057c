package io.upstream4j.core.connect.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class MemoryBudgetTest {
  private static final long MIB = 1 << 20;

  private final MemoryBudget budget = new MemoryBudget();
  private final List<String> asked = new ArrayList<>();

  private MemoryAccount account(String name) {
    return budget.open(() -> asked.add(name));
  }

  @Test
  void whatEveryConnectionHoldsIsFree() {
    for (int i = 0; i < 10_000; i++) {
      account("a").add(MemoryBudget.FREE_BYTES);
    }
    assertThat(budget.used()).isZero();
  }

  @Test
  void theLargestIsAskedFirstThenTheNextUntilThereIsRoom() {
    budget.limit(8 * MIB);
    MemoryAccount small = account("small");
    MemoryAccount large = account("large");
    MemoryAccount medium = account("medium");
    small.add(MIB);
    large.add(3 * MIB / 2);
    medium.add(5 * MIB / 4);
    List<MemoryAccount> others = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      MemoryAccount other = account("other");
      other.add(MIB);
      others.add(other);
    }
    assertThat(asked).containsExactly("large");
    others.get(0).add(3 * MIB / 8); // meanwhile nobody else is asked
    assertThat(asked).containsExactly("large");

    large.add(-MIB / 8);
    large.shedEnded(); // not enough
    assertThat(asked).hasSize(2);
    assertThat(budget.used()).isGreaterThan(budget.limit());
  }

  @Test
  void oneAccountHoldsAQuarterAtMost() {
    budget.limit(8 * MIB);
    MemoryAccount greedy = account("greedy");
    greedy.add(2 * MIB);
    assertThat(asked).isEmpty();
    greedy.add(1);
    greedy.add(1);
    assertThat(asked).containsExactly("greedy");
    assertThat(greedy.mayBegin()).isFalse();
    greedy.add(-MIB);
    greedy.shedEnded();
    assertThat(greedy.mayBegin()).isTrue();
  }

  @Test
  void aPartCountsForTheWholeAndLeavesNothingBehind() {
    MemoryAccount whole = account("a");
    MemoryAccount part = whole.part();
    part.add(MIB);
    whole.add(MIB);
    assertThat(whole.used()).isEqualTo(2 * MIB);
    part.close();
    part.add(-MIB); // too late to count
    assertThat(whole.used()).isEqualTo(MIB);
    whole.close();
    assertThat(budget.used()).isZero();
  }

  @Test
  void manyThreadsLeaveNothingBehind() throws Exception {
    budget.limit(MIB);
    AtomicInteger sheds = new AtomicInteger();
    MemoryAccount[] shared = new MemoryAccount[4];
    for (int i = 0; i < shared.length; i++) {
      int index = i;
      shared[i] =
          budget.open(
              () -> {
                sheds.incrementAndGet();
                shared[index].shedEnded();
              });
    }
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      Thread thread =
          new Thread(
              () -> {
                for (int i = 0; i < 20_000; i++) {
                  MemoryAccount account = shared[ThreadLocalRandom.current().nextInt(4)];
                  MemoryAccount part = account.part();
                  long bytes = ThreadLocalRandom.current().nextInt(100_000);
                  part.add(bytes);
                  account.add(bytes);
                  part.close();
                  account.add(-bytes);
                }
              });
      threads.add(thread);
      thread.start();
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(budget.used()).isZero();
    for (MemoryAccount account : shared) {
      assertThat(account.used()).isZero();
      account.close();
    }
    assertThat(budget.used()).isZero();
  }

  @Test
  void aLimitBelowAMebibyteIsRefused() {
    assertThatThrownBy(() -> budget.limit(1000))
        .hasMessageContaining("memory: 1000 (expected: from");
  }
}
