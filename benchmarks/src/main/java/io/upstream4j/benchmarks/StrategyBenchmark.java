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
 * The choice alone, of this library's strategies and of others', side by side: all backends are
 * healthy and idle. Each contender has a JVM of its own, so that none spoils another's.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class StrategyBenchmark {
  /** Whose strategy, and which. */
  @Param("upstream4j: round robin")
  public String contender = "";

  /** How many backends there are. */
  @Param({"3", "100", "1000", "5000"})
  public int backends;

  private Contender chosen;
  private AutoCloseable end;

  /** Creates the state; {@link #prepare} fills it. */
  @SuppressWarnings("NullAway.Init") // JMH calls prepare before anything else
  public StrategyBenchmark() {}

  /** Makes the contender. */
  @Setup
  public void prepare() throws Exception {
    Contenders.Prepared prepared = Contenders.prepare(contender, backends);
    chosen = prepared.contender();
    end = prepared.end();
  }

  /** Ends what it started. */
  @TearDown
  public void close() throws Exception {
    end.close();
  }

  /** Which request is next, for each thread. */
  @State(Scope.Thread)
  public static class Cursor {
    private int next;

    /** Begins with the first. */
    public Cursor() {}

    int next() {
      return next++;
    }
  }

  /** One pick. */
  @Benchmark
  public Object pick(Cursor cursor) {
    return chosen.pick(cursor.next());
  }
}
