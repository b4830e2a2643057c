package io.upstream4j.benchmarks;

import io.upstream4j.core.Upstream;
import io.upstream4j.core.Upstreams;
import io.upstream4j.core.peer.HttpPeer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Measures a pick as a program makes it: {@link Upstream#newHttpPeer()}, from the request to the
 * peer, with statistics. All backends are healthy and have the same weight.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class PickBenchmark {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** The strategy, by its name in the configuration. */
  @Param("round_robin")
  public String algo = "";

  /** The number of backends. */
  @Param({"3", "100", "5000"})
  public int backends;

  private Upstreams upstreams;
  private Upstream upstream;

  /** Creates the state; {@link #load} fills it. */
  @SuppressWarnings("NullAway.Init") // JMH calls load before anything else
  public PickBenchmark() {}

  /** Loads a configuration with that many backends and without health checks. */
  @Setup
  public void load() throws InterruptedException {
    String addresses =
        IntStream.range(0, backends)
            .mapToObj(i -> "\"10.0." + i / 250 + "." + (i % 250 + 1) + ":80\"")
            .collect(Collectors.joining(", ", "[", "]"));
    upstreams =
        Upstreams.builder()
            .threads(1)
            .load(
                "benchmark",
                "upstreams:\n  web:\n    addrs: "
                    + addresses
                    + "\n    health_check: none\n    algo: "
                    + algo
                    + "\n");
    if (!upstreams.awaitReady(PATIENCE)) {
      throw new IllegalStateException("not ready after " + PATIENCE);
    }
    upstream = upstreams.get("web");
  }

  /** Stops the threads of the upstreams. */
  @TearDown
  public void close() {
    upstreams.close();
  }

  /** Measures one pick. */
  @Benchmark
  public HttpPeer pick() {
    return upstream.newHttpPeer();
  }
}
