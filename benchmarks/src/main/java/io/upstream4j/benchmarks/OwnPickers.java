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

/** The strategies of this library, without the core's part of a pick. */
final class OwnPickers {
  private OwnPickers() {}

  /** Returns the contender of a name, such as {@code ketama header}. */
  static Contender of(String name, int backends) {
    List<Backend> equal = backends(IntStream.generate(() -> 1).limit(backends));
    List<Backend> weighted = backends(IntStream.range(0, backends).map(i -> 1 + i % 5));
    return switch (name) {
      case "round robin" -> contender(new RoundRobinProvider(), equal);
      case "round robin weighted" -> contender(new RoundRobinProvider(), weighted);
      case "random" -> contender(new RandomProvider(), equal);
      case "P2C" -> contender(new LeastRequestProvider(), equal);
      case "P2C weighted" -> contender(new LeastRequestProvider(), weighted);
      case "peak EWMA" -> contender(new PeakEwmaProvider(), equal);
      default -> {
        int by = name.indexOf(" by ");
        yield consistent(name.substring(0, by), name.substring(by + " by ".length()), equal);
      }
    };
  }

  private static Contender contender(LoadBalancerProvider provider, List<Backend> backends) {
    Picker picker = picker(provider, Map.of(), backends);
    RequestView request = Requests.byPath()[0];
    Candidates all = new Everyone();
    return number -> picker.pick(request, all);
  }

  /**
   * Returns a picker for a table and a key. With {@code hash}, it only hashes the key, without a
   * look-up.
   */
  private static Contender consistent(String table, String key, List<Backend> backends) {
    RequestView[] requests =
        switch (key) {
          case "path" -> Requests.byPath();
          case "short path" -> Requests.byShortPath();
          case "header" -> Requests.byHeader();
          case "cookie" -> Requests.byCookie();
          default -> throw new IllegalArgumentException("key: " + key);
        };
    String part = key.endsWith("path") ? "path" : key + ":sid";
    boolean hash = table.equals("hash");
    Map<String, ?> options = Map.of("table", hash ? "ketama" : table, "key", part);
    Picker picker = picker(new ConsistentProvider(), options, backends);
    Candidates all = new Everyone();
    return hash
        ? number -> picker.lot(requests[number & (Requests.COUNT - 1)]) > 0 ? requests : all
        : number -> picker.pick(requests[number & (Requests.COUNT - 1)], all);
  }

  private static List<Backend> backends(IntStream weights) {
    int[] all = weights.toArray();
    return IntStream.range(0, all.length)
        .mapToObj(i -> Backend.of("10.0." + i / 250 + "." + (i % 250 + 1), 80, all[i]))
        .toList();
  }

  private static Picker picker(
      LoadBalancerProvider provider, Map<String, ?> options, List<Backend> backends) {
    return provider
        .create(Options.of(provider.options(), Node.Mapping.of(options)), new FakePluginContext())
        .prepare(new BackendSnapshot(0, backends));
  }

  /** All slots accept and are idle, as for the other libraries. */
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
