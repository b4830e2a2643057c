package io.upstream4j.benchmarks;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/**
 * Runs {@link StrategyBenchmark} for all contenders and {@link PrepareBenchmark}, and prints tables
 * in Markdown.
 *
 * <p>A figure is the best of many short iterations, because on a busy machine the mean mostly
 * measures the other load.
 */
public final class StrategyReport {
  private static final String BYTES = "gc.alloc.rate.norm";
  private static final int ITERATIONS = 60;
  private static final TimeValue ITERATION = TimeValue.milliseconds(10);

  private StrategyReport() {}

  /** Runs the benchmarks with one thread and with two. JMH's output goes to the standard error. */
  public static void main(String[] arguments) throws RunnerException {
    PrintStream table = System.out;
    System.setOut(System.err);
    Map<String, List<String>> rows = new LinkedHashMap<>();
    Map<String, Double> bytes = new LinkedHashMap<>();
    for (int threads = 1; threads <= 2; threads++) {
      for (RunResult result : picks(threads)) {
        String name = result.getParams().getParam("contender");
        rows.computeIfAbsent(name, key -> new ArrayList<>()).add(best(result));
        bytes.merge(name, bytes(result), Math::max);
      }
    }
    table.println(
        "| strategy | 1 thread, n = 3 | 100 | 1,000 | 5,000 | 2 threads, n = 3 | 100 | 1,000 | 5,000"
            + " | B/pick, most |");
    table.println("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    rows.forEach(
        (name, cells) ->
            table.printf(
                Locale.ROOT,
                "| %s | %s | %.1f |%n",
                name,
                String.join(" | ", cells),
                bytes.get(name)));
    table.println();
    table.println("| a table of 1,000 backends | warm, ms | the first of a JVM, ms |");
    table.println("|---|---:|---:|");
    Iterator<RunResult> cold = prepare(Mode.SingleShotTime, 0, 1).iterator();
    for (RunResult warm : prepare(Mode.AverageTime, 4, 20)) {
      table.printf(
          Locale.ROOT,
          "| %s | %.1f | %.1f |%n",
          warm.getParams().getParam("table"),
          warm.getPrimaryResult().getStatistics().getMin() / 1_000,
          cold.next().getPrimaryResult().getScore() / 1_000);
    }
  }

  private static Collection<RunResult> picks(int threads) throws RunnerException {
    return new Runner(
            new OptionsBuilder()
                .include(StrategyBenchmark.class.getName())
                .param("contender", Contenders.names())
                .threads(threads)
                .forks(1)
                .warmupIterations(8)
                .warmupTime(TimeValue.milliseconds(100))
                .measurementIterations(ITERATIONS)
                .measurementTime(ITERATION)
                .addProfiler(GCProfiler.class)
                .build())
        .run();
  }

  private static Collection<RunResult> prepare(Mode mode, int warmups, int iterations)
      throws RunnerException {
    return new Runner(
            new OptionsBuilder()
                .include(PrepareBenchmark.class.getName())
                .mode(mode)
                .forks(mode == Mode.SingleShotTime ? 5 : 1)
                .warmupIterations(warmups)
                .warmupTime(TimeValue.milliseconds(500))
                .measurementIterations(iterations)
                .measurementTime(TimeValue.milliseconds(50))
                .build())
        .run();
  }

  private static String best(RunResult result) {
    return String.format(Locale.ROOT, "%.1f", result.getPrimaryResult().getStatistics().getMin());
  }

  @SuppressWarnings("rawtypes") // JMH's own methods use raw types
  private static double bytes(RunResult result) {
    return result.getSecondaryResults().entrySet().stream()
        .filter(entry -> entry.getKey().endsWith(BYTES))
        .mapToDouble(entry -> entry.getValue().getScore())
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no " + BYTES + " in " + result));
  }
}
