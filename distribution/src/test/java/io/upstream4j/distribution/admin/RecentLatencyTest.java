package io.upstream4j.distribution.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.core.Exchange;
import io.upstream4j.core.LiveUpstream;
import io.upstream4j.core.Upstream;
import io.upstream4j.core.Upstreams;
import io.upstream4j.core.http.UpstreamRequest;
import io.upstream4j.core.stats.Durations;
import io.upstream4j.distribution.admin.RecentLatency.Since;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RecentLatencyTest {
  private final RecentLatency recent = new RecentLatency();
  private Upstreams upstreams;
  private Upstream api;

  @BeforeEach
  void start() throws InterruptedException {
    upstreams =
        Upstreams.builder()
            .load(
                "test.yaml",
                "upstreams: { api: { addrs: [\"127.0.0.1:1\"], health_check: none } }");
    assertThat(upstreams.awaitReady(Duration.ofSeconds(20))).isTrue();
    api = upstreams.get("api");
  }

  @AfterEach
  void stop() {
    upstreams.close();
  }

  private void serve(int requests) {
    for (int i = 0; i < requests; i++) {
      try (Exchange exchange = api.begin(UpstreamRequest.get("/"))) {
        exchange.newHttpPeer();
        exchange.responded(200);
        exchange.succeeded(200);
      }
    }
  }

  private void look(int second, double seconds, long count) {
    LiveUpstream live = api.live();
    Since since = recent.look(List.of(live), TimeUnit.SECONDS.toNanos(second)).orElseThrow();
    assertThat(since.seconds()).isEqualTo(seconds);
    Durations ofUpstream = since.of("api", live.latency());
    assertThat(ofUpstream.count()).isEqualTo(count);
    assertThat(ofUpstream.quantileNanos(1) > 0).isEqualTo(count > 0);
    assertThat(since.of("api", live.backend(0).snapshot()).orElseThrow().count()).isEqualTo(count);
  }

  @Test
  void aMinuteIsTold() {
    serve(1_000);
    assertThat(recent.look(List.of(api.live()), 0)).isEmpty(); // no earlier reading
    look(5, 5, 0);
    serve(1);
    look(10, 10, 1);
    serve(20);
    look(20, 20, 21);
    look(59, 59, 21);
    look(60, 60, 21);
    serve(300);
    look(69, 69, 321); // the second one is not a minute old
    look(70, 60, 320);
    look(80, 60, 300);
    look(130, 61, 0); // since the reading at 69
  }

  @Test
  void whatNobodyAskedForInALongTimeIsForgotten() {
    serve(10);
    assertThat(recent.look(List.of(api.live()), 0)).isEmpty();
    serve(10);
    assertThat(recent.look(List.of(api.live()), TimeUnit.SECONDS.toNanos(121))).isEmpty();
    serve(10);
    look(131, 10, 10);
  }

  @Test
  void aBackendThatIsNewHasAllOfItsOwn() {
    assertThat(recent.look(List.of(), 0)).isEmpty();
    serve(3);
    look(1, 1, 3);
  }
}
