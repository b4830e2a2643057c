package example.fewest;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.BackendSnapshot;
import io.upstream4j.api.spi.LoadBalancerProvider;
import io.upstream4j.api.spi.Picker;
import io.upstream4j.testkit.FakeCandidates;
import io.upstream4j.testkit.FakePluginContext;
import io.upstream4j.testkit.FakeRequest;
import io.upstream4j.testkit.LoadBalancerContract;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Runs the contract of load balancers, and tests what is specific to this one. */
class FewestProviderTest implements LoadBalancerContract {
  private final BackendSnapshot three =
      new BackendSnapshot(
          0,
          List.of(
              Backend.of("10.0.0.1", 80), Backend.of("10.0.0.2", 80), Backend.of("10.0.0.3", 80, 4)));

  @Override
  public LoadBalancerProvider plugin() {
    return new FewestProvider();
  }

  private Picker picker(Map<String, ?> options) {
    return plugin()
        .create(Options.of(plugin().options(), Node.Mapping.of(options)), new FakePluginContext())
        .prepare(three);
  }

  @Test
  void theLeastBusyIsTakenInRelationToItsWeight() {
    FakeCandidates candidates =
        new FakeCandidates(3).withInFlight(0, 2).withInFlight(1, 3).withInFlight(2, 6);

    assertEquals(three.pick(2), picker(Map.of()).pick(FakeRequest.get("/"), candidates));
    candidates.withInFlight(2, 9);
    assertEquals(three.pick(0), picker(Map.of()).pick(FakeRequest.get("/"), candidates));
  }

  @Test
  void timeCountsWhenAskedFor() {
    FakeCandidates candidates =
        new FakeCandidates(3)
            .withLatency(0, Duration.ofMillis(50))
            .withLatency(1, Duration.ofMillis(10))
            .withLatency(2, Duration.ofMillis(100))
            .withInFlight(1, 1);

    assertEquals(
        three.pick(1), picker(Map.of("cost", "time")).pick(FakeRequest.get("/"), candidates));
  }
}
