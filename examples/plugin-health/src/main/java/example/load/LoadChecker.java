package example.load;

import io.upstream4j.api.option.Option;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.HealthCheck;
import io.upstream4j.api.spi.HealthChecker;
import io.upstream4j.api.spi.PluginContext;
import io.upstream4j.api.spi.ProbeRequest;
import io.upstream4j.api.spi.ProbeRequest.Security;
import io.upstream4j.api.spi.ProbeResponse;
import java.util.List;
import java.util.Map;

/** Provides {@code load}: a backend reports its load, and works while the load is low enough. */
public final class LoadChecker implements HealthChecker {
  private static final Option<String> PATH =
      Option.text("path", "where a backend tells its load").orElse("/load");

  private static final Option<Double> MAX =
      Option.decimal("max", "the greatest load of a backend that works", 0, 1_000).orElse(1.0);

  @Override
  public String type() {
    return "load";
  }

  @Override
  public List<Option<?>> options() {
    return List.of(PATH, MAX);
  }

  @Override
  public HealthCheck create(Options options, PluginContext context) {
    double max = options.get(MAX);
    ProbeRequest request =
        new ProbeRequest("GET", options.get(PATH), Map.of(), Security.AS_TRAFFIC, 64);
    // The core decides when to probe, how long to wait and how many results count. If a backend
    // cannot be reached, the stage fails, which counts as unhealthy.
    return backend ->
        context.probes().send(backend, request).thenApply(response -> judge(response, max));
  }

  private static HealthCheck.Result judge(ProbeResponse response, double max) {
    if (response.status() != 200) {
      return new HealthCheck.Unhealthy("status " + response.status() + " (expected: 200)");
    }
    try {
      double load = Double.parseDouble(response.body().strip());
      return load <= max
          ? new HealthCheck.Healthy()
          : new HealthCheck.Unhealthy("load " + load + " (expected: up to " + max + ")");
    } catch (NumberFormatException e) {
      return new HealthCheck.Unhealthy("\"" + response.body() + "\" (expected: a number)");
    }
  }
}
