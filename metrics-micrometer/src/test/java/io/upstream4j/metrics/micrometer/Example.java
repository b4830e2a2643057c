package io.upstream4j.metrics.micrometer;

import io.micrometer.core.instrument.MeterRegistry;
import io.upstream4j.core.Upstreams;
import io.upstream4j.core.http.UpstreamRequest;
import java.nio.file.Path;

/** The program of docs/metrics.md, which a test runs. */
final class Example {
  private Example() {}

  static int askOnce(Path file, MeterRegistry registry) {
    try (Upstreams upstreams = Upstreams.load(file);
        UpstreamMetrics metrics = new UpstreamMetrics(upstreams)) {
      metrics.bindTo(registry);
      return upstreams.get("api").send(UpstreamRequest.get("/")).join().status();
    }
  }
}
