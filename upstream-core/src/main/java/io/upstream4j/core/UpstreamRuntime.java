package io.upstream4j.core;

import io.upstream4j.api.option.VisibleText;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.api.spi.HealthCheck;
import io.upstream4j.core.UpstreamEvent.DiscoveryFailed;
import io.upstream4j.core.UpstreamEvent.DiscoveryRecovered;
import io.upstream4j.core.UpstreamEvent.PluginFailed;
import io.upstream4j.core.UpstreamEvent.SettingIgnored;
import io.upstream4j.core.config.HealthConfig;
import io.upstream4j.core.config.UpstreamConfig;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One upstream at work under one configuration: its discovery feeds the pool, its monitor watches
 * what is there. Control loop only, but for the reads.
 */
final class UpstreamRuntime {
  private final Upstream upstream;
  private final Shared shared;
  private final Products products;
  private final Settings settings;
  private final Runnable onProgress;
  private final DiscoveryFeed feed;
  private final @Nullable HealthMonitor monitor;
  private boolean answered;
  private volatile @Nullable String discoveryError;
  private volatile @Nullable Instant lastAnswer;
  private volatile boolean ready;

  /**
   * @param onProgress called when {@link #isReady} may have changed
   */
  UpstreamRuntime(Upstream upstream, Products products, Shared shared, Runnable onProgress) {
    UpstreamConfig config = products.config();
    this.upstream = upstream;
    this.shared = shared;
    this.products = products;
    this.onProgress = onProgress;
    this.settings =
        new Settings(
            products.balancer(),
            config.balancer().plugin().type(),
            config.peer(),
            config.retry().max(),
            new RetryBudget(config.retry(), upstream::requests, shared.loop().nanoTime()),
            config.policy(),
            config.breaker().orElse(null),
            config.health().map(HealthConfig::initial).orElse(HealthConfig.Initial.HEALTHY),
            config.grace());
    this.feed = new DiscoveryFeed(products.discovery(), shared.loop(), this::found, this::failed);
    this.monitor = monitor();
  }

  private @Nullable HealthMonitor monitor() {
    HealthConfig health = config().health().orElse(null);
    HealthCheck check = products.check();
    return health == null || check == null
        ? null
        : new HealthMonitor(
            health, check, upstream.pool(), upstream.traffic(), shared, this::updateReadiness);
  }

  UpstreamConfig config() {
    return products.config();
  }

  /** Whether the strategy makes backends of requests, and finds none. */
  boolean makesBackends() {
    return config().balancer().plugin().makesBackends();
  }

  /**
   * Starts. The upstream keeps the backends it had until this configuration's discovery answers; an
   * answer that comes at once takes effect as one step with the rest of the configuration.
   *
   * @param before what worked for the upstream until now
   */
  void start(@Nullable UpstreamRuntime before) {
    if (before != null) {
      before.stopWatching();
    }
    for (String reason : shared.connections().ignored(config().peer())) {
      shared.events().publish(new SettingIgnored(upstream.name(), reason));
    }
    feed.start();
    if (!answered && upstream.pool().current().settings() != null) {
      install(upstream.pool().found());
    }
    if (monitor == null) {
      upstream.pool().unchecked();
    }
    if (before != null) {
      before.products.close(this::pluginFailed);
    }
  }

  /** The weights of backends have changed. */
  void reweigh() {
    install(upstream.pool().found());
  }

  private void found(List<Backend> backends) {
    String excess = shared.quota().take(upstream.name(), backends.size());
    if (excess != null) {
      failed(excess);
      return;
    }
    answered = true;
    lastAnswer = shared.clock().instant();
    if (discoveryError != null) {
      discoveryError = null;
      shared.events().publish(new DiscoveryRecovered(upstream.name()));
    }
    install(backends);
  }

  private void install(List<Backend> backends) {
    upstream.pool().replace(backends, settings);
    if (monitor != null) {
      monitor.watch(upstream.pool().current());
    }
    updateReadiness();
  }

  private void failed(String cause) {
    String reason = VisibleText.shortened(cause, UpstreamEvent.MAX_REASON);
    upstream.traffic().discoveryFailed();
    boolean first = discoveryError == null;
    discoveryError = reason;
    if (first) {
      shared.events().publish(new DiscoveryFailed(upstream.name(), reason));
    }
    upstream.pool().unanswered("no backends yet; discovery failed: " + reason);
  }

  private void updateReadiness() {
    ready = answered && (monitor == null || monitor.isFirstRoundDone());
    onProgress.run();
  }

  /** Traffic could not reach a backend. */
  void doubt(Endpoint endpoint) {
    if (monitor != null) {
      monitor.doubt(endpoint);
    }
  }

  void refresh() {
    try {
      feed.refresh();
    } catch (RuntimeException | LinkageError | AssertionError e) {
      discoveryThrew(e);
    }
  }

  /** Whether there was an answer, and every backend had its first probe. Read by any thread. */
  boolean isReady() {
    return ready;
  }

  /** Why the discovery fails at present. Read by any thread. */
  Optional<String> discoveryError() {
    return Optional.ofNullable(discoveryError);
  }

  /** When the discovery answered last. Read by any thread. */
  Optional<Instant> lastAnswer() {
    return Optional.ofNullable(lastAnswer);
  }

  /**
   * What there is to wait for until {@link #isReady}, without the upstream's name; empty when
   * nothing. Read by any thread.
   */
  Optional<String> unreadiness() {
    if (ready) {
      return Optional.empty();
    }
    String error = discoveryError;
    if (error != null && lastAnswer == null) {
      return Optional.of("discovery failed: " + error);
    }
    return Optional.of(
        lastAnswer == null
            ? "no answer of its discovery yet"
            : "not every backend was checked yet");
  }

  /** Ends for good. The pool is the caller's to end or to hand on. */
  void stop() {
    stopWatching();
    products.close(this::pluginFailed);
  }

  private void stopWatching() {
    try {
      feed.close();
    } catch (RuntimeException | LinkageError | AssertionError e) {
      discoveryThrew(e);
    }
    if (monitor != null) {
      monitor.close();
    }
  }

  private void discoveryThrew(Throwable cause) {
    pluginFailed("discovery \"" + config().discovery().plugin().type() + "\"", cause);
  }

  private void pluginFailed(String plugin, Throwable cause) {
    shared
        .events()
        .publish(new PluginFailed(plugin, "upstream \"" + upstream.name() + "\": " + cause));
  }
}
