package io.upstream4j.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.distribution.Orders.Order;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DemoTest {
  private final Captured captured = new Captured();

  @Test
  void afterItsTimeItSumsUpWhatItServedThroughTheFailureOfABackend() {
    assertThat(captured.run("demo", "--listen", "127.0.0.1:0", "--for", "3200ms")).isZero();
    String out = captured.out().toString();
    assertThat(out)
        .containsPattern("listening on http://127\\.0\\.0\\.1:[1-9]")
        .contains("backend b is killed")
        .containsPattern("\\* demo: backend b \\S+ unhealthy: ")
        .containsPattern("\n +3s +requests +[0-9]+ .* b +[0-9]+ DOWN ")
        .containsPattern("\n  failed +0\n");
    assertThat(count(out, "requests")).isGreaterThan(100);
    assertThat(count(out, "tries at backend a")).isPositive();
    assertThat(count(out, "tries at backend b")).isPositive();
    assertThat(count(out, "retries")).isPositive();
    assertThat(captured.err().toString()).isEmpty();
  }

  private static int count(String out, String what) {
    String summary = out.substring(out.indexOf("\nSummary\n"));
    return summary
        .lines()
        .filter(line -> line.startsWith("  " + what + "  "))
        .mapToInt(line -> Integer.parseInt(line.substring(line.lastIndexOf(' ') + 1)))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void withoutATimeItRunsUntilItIsStopped() throws Exception {
    Orders orders = Orders.byHand();
    CompletableFuture<Integer> status =
        CompletableFuture.supplyAsync(
            () ->
                UpstreamCommand.run(captured.terminal(), orders, "demo", "--listen", "127.0.0.1:0"),
            task -> new Thread(task, "demo").start());
    captured.out().await("\n +1s +requests");
    orders.give(Order.STOP);
    assertThat(status.get(30, TimeUnit.SECONDS)).isZero();
    assertThat(captured.out().toString()).contains("Summary");
  }
}
