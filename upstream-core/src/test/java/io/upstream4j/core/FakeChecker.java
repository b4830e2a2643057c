package io.upstream4j.core;

import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.HealthCheck;
import io.upstream4j.api.spi.HealthChecker;
import io.upstream4j.api.spi.PluginContext;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/** Answers as a test tells it to, at once unless told otherwise. For one thread. */
final class FakeChecker implements HealthChecker {
  final List<Backend> asked = new ArrayList<>();
  final Set<Backend> sick = new HashSet<>();
  int closed;

  Function<Backend, CompletionStage<HealthCheck.Result>> answer =
      backend ->
          CompletableFuture.completedFuture(
              sick.contains(backend)
                  ? new HealthCheck.Unhealthy("connection refused")
                  : new HealthCheck.Healthy());

  @Override
  public String type() {
    return "fake";
  }

  @Override
  public HealthCheck create(Options options, PluginContext context) {
    return new HealthCheck() {
      @Override
      public CompletionStage<Result> probe(Backend backend) {
        asked.add(backend);
        return answer.apply(backend);
      }

      @Override
      public void close() {
        closed++;
      }
    };
  }
}
