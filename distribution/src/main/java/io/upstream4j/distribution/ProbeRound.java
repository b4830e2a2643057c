package io.upstream4j.distribution;

import static java.util.Objects.requireNonNull;

import io.upstream4j.api.option.Option;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.api.spi.HealthCheck;
import io.upstream4j.api.spi.HealthChecker;
import io.upstream4j.api.spi.PluginContext;
import io.upstream4j.core.config.Config;
import io.upstream4j.core.config.HealthConfig;
import io.upstream4j.core.config.PluginChoice;
import io.upstream4j.core.config.UpstreamConfig;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/** One round of probes in which a single result decides, with the duration of each probe. */
final class ProbeRound {
  private record Probed(String upstream, Endpoint endpoint) {}

  private final Map<Probed, Duration> times = new ConcurrentHashMap<>();

  /** Returns a copy of the configuration whose health checks decide at once. */
  Config in(Config config) {
    Map<String, UpstreamConfig> upstreams = new LinkedHashMap<>();
    config.upstreams().forEach((name, upstream) -> upstreams.put(name, in(upstream)));
    return config.withUpstreams(upstreams);
  }

  private UpstreamConfig in(UpstreamConfig upstream) {
    return upstream.withHealth(upstream.health().map(this::in));
  }

  private HealthConfig in(HealthConfig health) {
    PluginChoice<HealthChecker> checker = health.checker();
    return new HealthConfig(
        new PluginChoice<>(
            new Timed(checker.plugin()), checker.info(), checker.options(), checker.path()),
        health.frequency(),
        health.unhealthyFrequency(),
        health.initial(),
        health.connectionTimeout(),
        health.readTimeout(),
        1,
        1,
        health.parallel(),
        health.reuse());
  }

  /** Returns the duration of the first probe; empty without a result or a health check. */
  Optional<Duration> time(String upstream, Endpoint endpoint) {
    return Optional.ofNullable(times.get(new Probed(upstream, endpoint)));
  }

  private final class Timed implements HealthChecker {
    private final HealthChecker checker;

    Timed(HealthChecker checker) {
      this.checker = requireNonNull(checker, "checker");
    }

    @Override
    public String type() {
      return checker.type();
    }

    @Override
    public List<Option<?>> options() {
      return checker.options();
    }

    @Override
    @SuppressWarnings("NullAway") // the caller reports a null result of a plug-in
    public HealthCheck create(Options options, PluginContext context) {
      HealthCheck check = checker.create(options, context);
      if (check == null) {
        return null;
      }
      return new HealthCheck() {
        @Override
        @SuppressWarnings("NullAway") // see create
        public CompletionStage<Result> probe(Backend backend) {
          long start = System.nanoTime();
          CompletionStage<Result> stage = check.probe(backend);
          return stage == null
              ? null
              : stage.whenComplete(
                  (result, failure) ->
                      times.putIfAbsent(
                          new Probed(context.upstream(), backend.endpoint()),
                          Duration.ofNanos(System.nanoTime() - start)));
        }

        @Override
        public void close() {
          check.close();
        }
      };
    }
  }
}
