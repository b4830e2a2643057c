package io.upstream4j.benchmarks;

import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Discovery;
import io.upstream4j.api.spi.DiscoveryProvider;
import io.upstream4j.api.spi.PluginContext;
import io.upstream4j.core.Upstream;
import io.upstream4j.core.Upstreams;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/**
 * Measures, for each strategy, the time from a discovery's answer with many backends until requests
 * use it, and the memory per backend. Consecutive sets have no backend in common.
 */
public final class SwapReport {
  private static final int BACKENDS = 5_000;
  private static final int SWAPS = 60;
  private static final int WARM_UP = 20;
  private static final List<String> STRATEGIES =
      List.of(
          "round_robin",
          "least_request",
          "hash:path",
          "{ consistent: { table: maglev, key: path } }");

  private final CompletableFuture<Discovery.Listener> started = new CompletableFuture<>();

  private SwapReport() {}

  /** Prints the table in Markdown. */
  public static void main(String[] args) throws Exception {
    System.out.println(
        "| strategy | backends | swap, median ms | swap, worst ms | bytes/backend |");
    System.out.println("|---|---:|---:|---:|---:|");
    for (String strategy : STRATEGIES) {
      new SwapReport().print(strategy);
    }
  }

  private final class Given implements DiscoveryProvider {
    @Override
    public String type() {
      return "given";
    }

    @Override
    public Discovery create(Options options, PluginContext context) {
      return listener -> {
        started.complete(listener);
        return new Discovery.Subscription() {
          @Override
          public void refresh() {}

          @Override
          public void close() {}
        };
      };
    }
  }

  private void print(String strategy) throws InterruptedException {
    String yaml =
        "upstreams:\n  web: { discovery: given, health_check: none, grace: 0s, algo: "
            + strategy
            + " }\n";
    try (Upstreams upstreams =
        Upstreams.builder().register(new Given()).threads(1).load("report", yaml)) {
      Discovery.Listener listener = started.join();
      Upstream upstream = upstreams.get("web");
      listener.found(List.of(Backend.of("10.9.9.9", 80)));
      if (!upstreams.awaitReady(Duration.ofSeconds(30))) {
        throw new IllegalStateException("not ready");
      }
      List<Backend> one = backends("10.0.");
      List<Backend> other = backends("10.1.");
      long empty = usedBytes();
      swap(upstream, listener, one);
      double bytes = (double) (usedBytes() - empty) / BACKENDS;
      List<Double> millis = new ArrayList<>();
      for (int swap = 0; swap < SWAPS; swap++) {
        double took = swap(upstream, listener, swap % 2 == 0 ? other : one);
        if (swap >= WARM_UP) {
          millis.add(took);
        }
      }
      millis.sort(null);
      System.out.printf(
          Locale.ROOT,
          "| `%s` | %d | %.1f | %.1f | %.0f |%n",
          strategy,
          BACKENDS,
          millis.get(millis.size() / 2),
          millis.get(millis.size() - 1),
          bytes);
    }
  }

  private static List<Backend> backends(String network) {
    return IntStream.range(0, BACKENDS)
        .mapToObj(i -> Backend.of(network + i / 250 + "." + (i % 250 + 1), 80))
        .toList();
  }

  /** Measures one swap; a pick shows which set is in use. */
  private static double swap(Upstream upstream, Discovery.Listener listener, List<Backend> set) {
    String network = set.get(0).endpoint().host().substring(0, 5);
    long start = System.nanoTime();
    listener.found(set);
    while (!upstream.newHttpPeer().backend().endpoint().host().startsWith(network)) {
      Thread.onSpinWait();
    }
    return (System.nanoTime() - start) / 1e6;
  }

  private static long usedBytes() {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 5; i++) {
      System.gc();
      Runtime runtime = Runtime.getRuntime();
      least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
    }
    return least;
  }
}
