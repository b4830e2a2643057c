package io.upstream4j.core;

import static io.upstream4j.core.World.A;
import static io.upstream4j.core.World.B;
import static io.upstream4j.core.World.C;
import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.testkit.Allocations;
import io.upstream4j.testkit.FakeRequest;
import org.junit.jupiter.api.Test;

class PickAllocationTest {
  private static final FakeRequest GET = FakeRequest.get("/");

  private final World world = new World();

  @Test
  void aPickAllocatesNothing() {
    world.apply(world.setup().withChecker(world.checker));
    world.find(A, B, C);
    world.checker.sick.add(B);
    world.rounds(3);
    Upstream api = world.api();

    long bytes =
        Allocations.leastBytesOf(
            () -> {
              for (int i = 0; i < 10_000; i++) {
                api.newHttpPeer(GET);
              }
            });
    assertThat(bytes).as("by 10,000 picks").isZero();
  }

  @Test
  void anExchangeAllocatesItselfAndNothingElse() {
    world.apply(world.setup());
    world.find(A, B, C);
    Upstream api = world.api();
    int count = 10_000;

    long bytes =
        Allocations.leastBytesOf(
            () -> {
              for (int i = 0; i < count; i++) {
                Exchange exchange = api.begin(GET);
                exchange.newHttpPeer();
                exchange.succeeded(200);
                exchange.close();
              }
            });
    assertThat(bytes / count).as("for each exchange").isLessThanOrEqualTo(80);
  }
}
