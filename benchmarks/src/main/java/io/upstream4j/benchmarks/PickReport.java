package io.upstream4j.benchmarks;

import java.io.PrintStream;
import java.util.Collection;
import java.util.Locale;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/** Runs {@link PickBenchmark} and prints a table in Markdown. */
public final class PickReport {
  private static final int ITERATIONS = 5;
  private static final String BYTES = "gc.alloc.rate.norm";

  private PickReport() {}

  /** Runs the benchmark with one thread and with two. JMH's output goes to the standard error. */
  public static void main(String[] arguments) throws RunnerException {
    PrintStream table = System.out;
    System.setOut(System.err);
    StringBuilder rows = new StringBuilder();
    for (int threads = 1; threads <= 2; threads++) {
      for (RunResult result : run(threads)) {
        rows.append(row(threads, result));
      }
    }
    table.println(
        "| strategy | backends | threads | ns/pick, mean | ns/pick, best second | B/pick |");
    table.println("|---|---:|---:|---:|---:|---:|");
    table.print(rows);
  }

  private static Collection<RunResult> run(int threads) throws RunnerException {
    return new Runner(
            new OptionsBuilder()
                .include(PickBenchmark.class.getName())
                .threads(threads)
                .forks(1)
                .warmupIterations(3)
                .warmupTime(TimeValue.milliseconds(500))
                .measurementIterations(ITERATIONS)
                .measurementTime(TimeValue.seconds(1))
                .addProfiler(GCProfiler.class)
                .build())
        .run();
  }

  @SuppressWarnings("rawtypes") // JMH's own methods use raw types
  private static String row(int threads, RunResult result) {
    Result<?> time = result.getPrimaryResult();
    double bytes =
        result.getSecondaryResults().entrySet().stream()
            .filter(entry -> entry.getKey().endsWith(BYTES))
            .mapToDouble(entry -> entry.getValue().getScore())
            .findFirst()
            .orElseThrow(() -> new IllegalStateException("no " + BYTES + " in " + result));
    return String.format(
        Locale.ROOT,
        "| %s | %s | %d | %.1f | %.1f | %.3f |%n",
        result.getParams().getParam("algo"),
        result.getParams().getParam("backends"),
        threads,
        time.getScore(),
        time.getStatistics().getMin(),
        bytes);
  }
}
