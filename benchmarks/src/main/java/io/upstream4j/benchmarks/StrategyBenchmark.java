package io.upstream4j.benchmarks;

import java.util.concurrent.TimeUnit;
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
 * Compares the choice alone between the strategies of this library and of others. All backends are
 * healthy and idle. Each contender runs in its own JVM, so that none affects the compiled code of
 * another.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class StrategyBenchmark {
  /** The library and the strategy. */
  @Param("upstream4j: round robin")
  public String contender = "";

  /** The number of backends. */
  @Param({"3", "100", "1000", "5000"})
  public int backends;

  private Contender chosen;
  private AutoCloseable end;

  /** Creates the state; {@link #prepare} fills it. */
  @SuppressWarnings("NullAway.Init") // JMH calls prepare before anything else
  public StrategyBenchmark() {}

  /** Creates the contender. */
  @Setup
  public void prepare() throws Exception {
    Contenders.Prepared prepared = Contenders.prepare(contender, backends);
    chosen = prepared.contender();
    end = prepared.end();
  }

  /** Closes the contender. */
  @TearDown
  public void close() throws Exception {
    end.close();
  }

  /** The number of the next request, per thread. */
  @State(Scope.Thread)
  public static class Cursor {
    private int next;

    /** Starts with the first request. */
    public Cursor() {}

    int next() {
      return next++;
    }
  }

  /** Measures one pick. */
  @Benchmark
  public Object pick(Cursor cursor) {
    return chosen.pick(cursor.next());
  }
}
