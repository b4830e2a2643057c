package io.upstream4j.core;

import static io.upstream4j.core.World.A;
import static io.upstream4j.core.World.B;
import static io.upstream4j.core.World.C;
import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.api.spi.Attributes;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.core.config.PolicyConfig;
import io.upstream4j.core.config.PolicyConfig.AllDown;
import io.upstream4j.testkit.Allocations;
import io.upstream4j.testkit.FakeRequest;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
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
  void aPickUnderEveryPolicyAllocatesNothing() {
    PolicyConfig all =
        new PolicyConfig(
            Optional.of(Duration.ofHours(1)),
            1,
            OptionalInt.of(1_000_000),
            Optional.of("a"),
            140,
            10,
            AllDown.IGNORE_HEALTH);
    world.apply(world.setup().withPolicy(all).withChecker(world.checker).withThresholds(1, 1));
    Backend[] backends = new Backend[8];
    for (int i = 0; i < backends.length; i++) {
      backends[i] =
          new Backend(
              new Endpoint("10.0.0." + i, 80),
              1,
              Attributes.none()
                  .with(Attributes.PRIORITY, i / 4)
                  .with(Attributes.ZONE, i % 2 == 0 ? "a" : "b"));
    }
    world.find(backends);
    world.checker.sick.addAll(List.of(backends[0], backends[1]));
    world.rounds(2);
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
