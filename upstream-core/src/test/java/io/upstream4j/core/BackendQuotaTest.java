package io.upstream4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.api.spi.Backend;
import io.upstream4j.core.event.UpstreamEvent.DiscoveryFailed;
import io.upstream4j.core.event.UpstreamEvent.DiscoveryRecovered;
import io.upstream4j.core.runtime.BackendQuota;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BackendQuotaTest {
  @Test
  void allUpstreamsTogetherHaveNoMoreThanTheLimit() {
    BackendQuota quota = new BackendQuota(10);
    assertThat(quota.take("a", 6)).isNull();
    assertThat(quota.take("b", 4)).isNull();
    assertThat(quota.take("b", 5))
        .isEqualTo(
            "it found 5 backends, and the other upstreams have 6 (expected: at most 10 in all)");
    assertThat(quota.take("a", 5)).as("fewer").isNull();
    assertThat(quota.take("b", 5)).isNull();
    quota.giveBack("a");
    quota.giveBack("nobody");
    assertThat(quota.take("b", 10)).isNull();
    assertThat(quota.take("c", Integer.MAX_VALUE)).isNotNull();
    assertThat(quota.take("c", 0)).isNull();
  }

  @Test
  void anAnswerBeyondItCountsAsFailedAndTheBackendsBeforeStay() {
    World world = new World();
    world.apply(world.setup());
    world.find(World.A);
    Backend[] many =
        IntStream.rangeClosed(1, 3_000)
            .mapToObj(i -> Backend.of("10.1." + i / 256 + "." + i % 256, 80))
            .toArray(Backend[]::new);

    world.find(many);
    assertThat(world.events(DiscoveryFailed.class))
        .singleElement()
        .satisfies(
            failed -> assertThat(failed.reason()).contains("found 3000").contains("at most 2000"));
    assertThat(world.picks(1)).containsExactly(World.A);

    world.find(World.B);
    assertThat(world.events(DiscoveryRecovered.class)).hasSize(1);
    assertThat(world.picks(1)).containsExactly(World.B);
  }
}
