package io.upstream4j.benchmarks;

import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.BackendSnapshot;
import io.upstream4j.api.spi.LoadBalancer;
import io.upstream4j.api.spi.Picker;
import io.upstream4j.lb.consistent.ConsistentProvider;
import io.upstream4j.testkit.FakePluginContext;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * Measures the preparation of a new set of 1,000 backends; for ketama, a ring of 160,000 points.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class PrepareBenchmark {
  private static final int BACKENDS = 1_000;

  /** The kind of table. */
  @Param({"ketama", "maglev"})
  public String table = "";

  private LoadBalancer balancer;
  private BackendSnapshot snapshot;

  /** Creates the state; {@link #create} fills it. */
  @SuppressWarnings("NullAway.Init") // JMH calls create before anything else
  public PrepareBenchmark() {}

  /** Creates the balancer. */
  @Setup
  public void create() {
    ConsistentProvider provider = new ConsistentProvider();
    balancer =
        provider.create(
            Options.of(provider.options(), Node.Mapping.of(Map.of("table", table))),
            new FakePluginContext());
    snapshot =
        new BackendSnapshot(
            0, IntStream.range(0, BACKENDS).mapToObj(i -> Backend.of(Peers.host(i), 80)).toList());
  }

  /** Measures one set. */
  @Benchmark
  public Picker prepare() {
    return balancer.prepare(snapshot);
  }
}
