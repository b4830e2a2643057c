package io.upstream4j.core;

import static io.upstream4j.core.World.A;
import static io.upstream4j.core.World.B;
import static io.upstream4j.core.World.C;
import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.api.option.StatusRange;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.core.backends.BackendState;
import io.upstream4j.core.backends.RetryBudget;
import io.upstream4j.core.config.BreakerConfig;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.peer.PeerException.Failure;
import io.upstream4j.core.stats.BackendStats;
import io.upstream4j.core.stats.CircuitState;
import io.upstream4j.core.stats.UpstreamStats;
import io.upstream4j.testkit.FakeRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Every failure in every state of retries and circuits, at random. */
class FailureStressTest {
  private static final int INPUTS = 10_000;
  private static final String[] METHODS = {"GET", "POST"};
  private static final BreakerConfig BREAKER =
      new BreakerConfig(
          false,
          OptionalInt.of(3),
          OptionalInt.empty(),
          10,
          Optional.empty(),
          Duration.ofSeconds(10),
          List.of(new StatusRange(500, 599)),
          Duration.ofSeconds(5),
          2,
          67);

  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);
  private final World world = new World();
  private final List<Exchange> open = new ArrayList<>();
  private final Map<Failure, Long> given = new EnumMap<>(Failure.class);
  private final Set<CircuitState> circuits = EnumSet.noneOf(CircuitState.class);
  private long ofBackends;
  private int inputs;

  @Test
  void noFailureLeavesARequestInFlightAPlaceOrAProbe() {
    System.out.println("noFailureLeavesARequestInFlightAPlaceOrAProbe: seed " + seed);
    world.apply(world.setup().withBreaker(BREAKER).withRetry(2, 20, 1));
    world.find(A, B, C);
    for (int i = 0; inputs < INPUTS; i++) {
      request(0);
      world.time.runReady();
      if (random.nextInt(5) == 0) {
        world.advance(Duration.ofMillis(random.nextInt(8_000)));
      }
      if (i % 1_000 == 999) {
        // A reload in the middle: what was taken from the old budget goes back to that.
        world.apply(world.setup().withVersion(i).withBreaker(BREAKER).withRetry(2, 20, 1));
      }
    }
    open.forEach(Exchange::close);
    world.time.runReady();

    assertThat(given).as("every failure").hasSize(Failure.values().length);
    assertThat(circuits).as("every state").hasSize(CircuitState.values().length);
    assertThat(world.api().backends().inFlight().sum()).isZero();
    for (Backend backend : List.of(A, B, C)) {
      BackendState state = state(backend);
      assertThat(state.inFlight()).as("%s in flight", backend).isZero();
      assertThat(state.circuit().isProbed()).as("%s probed", backend).isFalse();
    }
    assertThat(budget().retrying()).as("retries in flight").isZero();
    UpstreamStats stats = world.api().stats();
    assertThat(stats.failures()).isEqualTo(given);
    assertThat(stats.backends().stream().mapToLong(BackendStats::failures).sum())
        .isEqualTo(ofBackends);
  }

  private void request(int depth) {
    Exchange exchange = world.api().begin(FakeRequest.get("/").withMethod(any(METHODS)));
    open.add(exchange);
    try {
      HttpPeer peer = exchange.newHttpPeer();
      while (true) {
        if (depth < 3 && random.nextInt(3) == 0) {
          request(depth + 1); // while this one is in flight
          world.time.runReady();
        }
        circuits.add(state(peer.backend()).circuit().state());
        switch (random.nextInt(8)) {
          case 0, 1 -> {
            exchange.responded(200);
            exchange.succeeded(random.nextBoolean() ? 200 : 503);
            return;
          }
          case 2 -> {
            finish(exchange); // abandoned
            return;
          }
          default -> {}
        }
        boolean closed = !open.contains(exchange);
        PeerException cause = failure(peer);
        inputs++;
        RetryStep step = exchange.failed(cause, any(Exchange.Body.values()));
        if (!closed && (step.action() == RetryStep.Action.GIVE_UP || step.isRetry())) {
          given.merge(cause.failure(), 1L, Long::sum);
          ofBackends += cause.isFaultOfBackend() ? 1 : 0;
        }
        if (step.action() == RetryStep.Action.GIVE_UP) {
          return;
        }
        if (random.nextInt(10) == 0) {
          finish(exchange); // before what was decided begins
          return;
        }
        world.advance(step.delay());
        if (step.isRetry()) {
          peer = exchange.newHttpPeer();
        }
      }
    } catch (NoBackendException e) {
      finish(exchange);
    } finally {
      if (open.size() > random.nextInt(20)) {
        finish(open.get(random.nextInt(open.size())));
      }
    }
  }

  private void finish(Exchange exchange) {
    exchange.close();
    open.remove(exchange);
  }

  private PeerException failure(HttpPeer peer) {
    Failure failure = any(Failure.values());
    return switch (random.nextInt(5)) {
      case 0 -> PeerException.stale(peer, random.nextBoolean(), "stale");
      case 1 -> PeerException.unprocessed(peer, "GOAWAY");
      case 2 -> PeerException.sent(peer, failure, "sent");
      default -> PeerException.unsent(peer, failure, "unsent");
    };
  }

  private <T> T any(T[] values) {
    return values[random.nextInt(values.length)];
  }

  private BackendState state(Backend backend) {
    return world.api().backends().current().find(backend.endpoint()).state();
  }

  private RetryBudget budget() {
    return world.api().backends().current().settings().budget();
  }
}
