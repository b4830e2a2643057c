package io.upstream4j.benchmarks;

import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.BackendSnapshot;
import io.upstream4j.api.spi.Candidates;
import io.upstream4j.api.spi.LoadBalancerProvider;
import io.upstream4j.api.spi.Picker;
import io.upstream4j.api.spi.RequestView;
import io.upstream4j.lb.consistent.ConsistentProvider;
import io.upstream4j.lb.leastload.LeastRequestProvider;
import io.upstream4j.lb.leastload.PeakEwmaProvider;
import io.upstream4j.lb.leastload.RandomProvider;
import io.upstream4j.lb.roundrobin.RoundRobinProvider;
import io.upstream4j.testkit.FakePluginContext;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** This library's strategies, without what the core adds to a pick. */
final class OwnPickers {
  private OwnPickers() {}

  /** The contender of a name, such as {@code ketama header}. */
  static Contender of(String name, int backends) {
    return switch (name) {
      case "round robin" -> contender(new RoundRobinProvider(), Map.of(), equal(backends));
      case "round robin weighted" ->
          contender(new RoundRobinProvider(), Map.of(), weighted(backends));
      case "random" -> contender(new RandomProvider(), Map.of(), equal(backends));
      case "P2C" -> contender(new LeastRequestProvider(), Map.of(), equal(backends));
      case "P2C weighted" -> contender(new LeastRequestProvider(), Map.of(), weighted(backends));
      case "peak EWMA" -> contender(new PeakEwmaProvider(), Map.of(), equal(backends));
      case "ketama" -> consistent("ketama", "path", backends);
      case "ketama, header" -> consistent("ketama", "header:x-user", backends);
      case "ketama, cookie" -> consistent("ketama", "cookie:sid", backends);
      case "ketama, short key" -> consistent("ketama", "header:short", backends);
      case "maglev" -> consistent("maglev", "path", backends);
      case "maglev, short key" -> consistent("maglev", "header:short", backends);
      default -> throw new IllegalArgumentException("strategy: " + name);
    };
  }

  private static Contender consistent(String table, String key, int backends) {
    return contender(new ConsistentProvider(), Map.of("table", table, "key", key), equal(backends));
  }

  private static List<Backend> equal(int count) {
    return backends(IntStream.generate(() -> 1).limit(count));
  }

  private static List<Backend> weighted(int count) {
    return backends(IntStream.range(0, count).map(i -> 1 + i % 5));
  }

  private static List<Backend> backends(IntStream weights) {
    int[] all = weights.toArray();
    return IntStream.range(0, all.length)
        .mapToObj(i -> Backend.of("10.0." + i / 250 + "." + (i % 250 + 1), 80, all[i]))
        .toList();
  }

  private static Contender contender(
      LoadBalancerProvider provider, Map<String, ?> options, List<Backend> backends) {
    Picker picker =
        provider
            .create(
                Options.of(provider.options(), Node.Mapping.of(options)), new FakePluginContext())
            .prepare(new BackendSnapshot(0, backends));
    RequestView[] requests = Requests.views();
    Candidates all = new Everyone();
    return number -> picker.pick(requests[number & (Requests.COUNT - 1)], all);
  }

  /** All accept, none has anything in flight; as the peers are measured. */
  private static final class Everyone implements Candidates {
    @Override
    public boolean accepts(int slot) {
      return true;
    }

    @Override
    public int inFlight(int slot) {
      return 0;
    }

    @Override
    public long latencyNanos(int slot) {
      return 1_000_000;
    }
  }
}
