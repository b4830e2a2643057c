package io.upstream4j.core.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ControlLoopTest {
  private final ControlLoop loop = new ControlLoop();

  @AfterEach
  void end() {
    loop.close();
  }

  @Test
  void tasksRunInTheOrderTheyWereGiven() {
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      int number = i;
      loop.execute(() -> order.add(number));
    }
    loop.await(() -> {});
    assertThat(order).hasSize(1_000).isSorted();
  }

  @Test
  void aTaskThatThrowsDoesNotEndTheLoop() {
    loop.execute(
        () -> {
          throw new IllegalStateException("meant by the test: a task that fails");
        });
    AtomicInteger ran = new AtomicInteger();
    loop.await(ran::incrementAndGet);
    assertThat(ran).hasValue(1);
  }

  @Test
  void whatAnAwaitedStepThrowsIsThrownToTheCaller() {
    assertThatThrownBy(
            () ->
                loop.await(
                    () -> {
                      throw new IllegalArgumentException("wrong");
                    }))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("wrong");
  }

  @Test
  void waitingForTheLoopOnTheLoopIsAnError() throws Exception {
    CompletableFuture<Throwable> thrown = new CompletableFuture<>();
    loop.execute(
        () -> {
          try {
            loop.await(() -> {});
          } catch (IllegalStateException e) {
            thrown.complete(e);
          }
        });
    assertThat(thrown.get(10, TimeUnit.SECONDS)).hasMessageContaining("must not block");
  }

  @Test
  void aCancelledTaskDoesNotRunAndADelayedOneDoes() throws Exception {
    AtomicInteger cancelled = new AtomicInteger();
    CountDownLatch ran = new CountDownLatch(1);
    // On the loop, which cannot run the one task before it is cancelled by the other.
    loop.await(
        () -> {
          loop.schedule(Duration.ofMillis(1), cancelled::incrementAndGet).cancel();
          loop.schedule(Duration.ofMillis(5), ran::countDown);
        });
    assertThat(ran.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(cancelled).hasValue(0);
  }

  @Test
  void afterCloseTasksAreDroppedAndTheThreadIsGone() {
    AtomicInteger ran = new AtomicInteger();
    loop.await(() -> {});
    loop.schedule(Duration.ofHours(1), ran::incrementAndGet);
    loop.close();
    loop.execute(ran::incrementAndGet);
    loop.schedule(Duration.ZERO, ran::incrementAndGet).cancel();
    assertThat(ran).hasValue(0);
    assertThat(Thread.getAllStackTraces().keySet())
        .extracting(Thread::getName)
        .doesNotContain(ControlLoop.THREAD);
  }

  @Test
  void blockingCallsAreBoundedAndWaitTheirTurn() throws Exception {
    Workers blocking = Workers.blocking();
    AtomicInteger now = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    CountDownLatch release = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(100);
    for (int i = 0; i < 100; i++) {
      blocking.execute(
          () -> {
            most.accumulateAndGet(now.incrementAndGet(), Math::max);
            try {
              release.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
            now.decrementAndGet();
            ended.countDown();
          });
    }
    release.countDown();
    assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(most.get()).isBetween(1, 16);
    blocking.shutdownNow();
    blocking.join(System.nanoTime() + TimeUnit.SECONDS.toNanos(10));
    assertThat(Thread.getAllStackTraces().keySet())
        .extracting(Thread::getName)
        .noneMatch(name -> name.startsWith("upstream4j-blocking"));
  }
}
