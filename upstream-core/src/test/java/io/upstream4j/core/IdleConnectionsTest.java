package io.upstream4j.core;

import static io.upstream4j.core.World.A;
import static io.upstream4j.core.World.B;
import static io.upstream4j.core.World.C;
import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.api.spi.Backend;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which backends have connections before a request wants them. */
class IdleConnectionsTest {
  private final World world = new World();

  private void start(Backend... backends) {
    world.apply(world.setup().withMinIdle(2));
    world.find(backends);
  }

  private List<Backend> warm() {
    return world.warm.stream().map(peer -> peer.backend()).toList();
  }

  @Test
  void thoseThatThereAreFromTheBeginning() {
    start(A, B);
    assertThat(warm()).containsExactlyInAnyOrder(A, B);

    world.find(B, C);
    assertThat(warm()).containsExactlyInAnyOrder(B, C);
  }

  @Test
  void noneUnlessConfigured() {
    world.apply(world.setup());
    world.find(A, B);
    assertThat(warm()).isEmpty();

    world.apply(world.setup().withMinIdle(1).withVersion(2));
    assertThat(warm()).containsExactlyInAnyOrder(A, B);
    assertThat(world.warm).allMatch(peer -> peer.options().limits().minIdle() == 1);

    world.apply(world.setup().withMinIdle(3).withVersion(3));
    assertThat(world.warm).hasSize(2).allMatch(peer -> peer.options().limits().minIdle() == 3);

    world.apply(world.setup().withVersion(4));
    assertThat(warm()).isEmpty();
  }

  @Test
  void noneThatAreSick() {
    world.apply(world.setup().withMinIdle(2).withChecker(world.checker));
    world.find(A, B);
    world.checker.sick.add(A);
    world.rounds(3);
    assertThat(warm()).containsExactly(B);

    world.checker.sick.remove(A);
    world.rounds(3);
    assertThat(warm()).containsExactlyInAnyOrder(A, B);
  }

  @Test
  void noneThatTheOperatorTakesOut() {
    start(A, B, C);

    world.api().drain(A.endpoint());
    world.api().disable(B.endpoint());
    world.time.runReady();
    assertThat(warm()).containsExactly(C);

    world.api().enable(A.endpoint());
    world.api().enable(B.endpoint());
    world.time.runReady();
    assertThat(warm()).containsExactlyInAnyOrder(A, B, C);
  }

  @Test
  void noneOfAnUpstreamThatIsRemoved() {
    start(A, B);

    world.apply();

    assertThat(warm()).isEmpty();
  }

  @Test
  void eachUpstreamOfTwoCounts() {
    Setup one = world.setup().withMinIdle(1);
    Setup other = Setup.of("other", new FakeDiscovery(), world.balancer).withMinIdle(1);
    FakeDiscovery second = new FakeDiscovery();
    other = other.withDiscovery(second);
    world.apply(one, other);
    world.find(A);
    second.finds(List.of(A).toArray(Backend[]::new));
    world.time.runReady();
    assertThat(world.warm).as("a pool for each").hasSize(2).doesNotHaveDuplicates();

    world.apply(one);
    assertThat(warm()).containsExactly(A);
  }
}
