package io.upstream4j.core;

import io.upstream4j.api.option.VisibleText;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.api.spi.HealthCheck;
import io.upstream4j.core.backends.PickSettings;
import io.upstream4j.core.backends.RetryBudget;
import io.upstream4j.core.config.HealthConfig;
import io.upstream4j.core.config.UpstreamConfig;
import io.upstream4j.core.discovery.DiscoveryFeed;
import io.upstream4j.core.event.UpstreamEvent;
import io.upstream4j.core.event.UpstreamEvent.DiscoveryFailed;
import io.upstream4j.core.event.UpstreamEvent.DiscoveryRecovered;
import io.upstream4j.core.event.UpstreamEvent.SettingIgnored;
import io.upstream4j.core.health.HealthMonitor;
import io.upstream4j.core.runtime.PluginLane;
import io.upstream4j.core.runtime.PluginProduct;
import io.upstream4j.core.runtime.SharedServices;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One upstream at work under one configuration: its discovery feeds its backends, its monitor
 * watches what is there. Control loop only, but for the reads.
 */
final class UpstreamRuntime {
  private final Upstream upstream;
  private final SharedServices shared;
  private final PluginProducts products;
  private final PickSettings settings;
  private final Runnable onProgress;
  private final DiscoveryFeed feed;
  private final @Nullable HealthMonitor monitor;
  private @Nullable UpstreamRuntime before;
  private boolean answered;
  private volatile boolean installed;
  private boolean stopped;
  private volatile @Nullable String discoveryError;
  private volatile @Nullable Instant lastAnswer;
  private volatile boolean ready;

  /**
   * @param onProgress called when {@link #isReady} may have changed
   */
  UpstreamRuntime(
      Upstream upstream, PluginProducts products, SharedServices shared, Runnable onProgress) {
    UpstreamConfig config = products.config();
    this.upstream = upstream;
    this.shared = shared;
    this.products = products;
    this.onProgress = onProgress;
    this.settings =
        new PickSettings(
            products.balancer(),
            config.peer(),
            config.retry().max(),
            new RetryBudget(
                config.retry(),
                upstream::requests,
                upstream.backends().inFlight()::sum,
                shared.loop().nanoTime()),
            config.policy(),
            config.breaker().orElse(null),
            config.health().map(HealthConfig::initial).orElse(HealthConfig.Initial.HEALTHY),
            config.grace());
    this.feed =
        new DiscoveryFeed(
            products.discovery(),
            shared.loop(),
            this::found,
            this::foundPartly,
            this::failed,
            onProgress);
    this.monitor = monitor();
  }

  private @Nullable HealthMonitor monitor() {
    HealthConfig health = config().health().orElse(null);
    PluginProduct<HealthCheck> check = products.check();
    return health == null || check == null
        ? null
        : new HealthMonitor(
            health, check, upstream.backends(), upstream.traffic(), shared, this::updateReadiness);
  }

  UpstreamConfig config() {
    return products.config();
  }

  /** Whether the strategy makes backends of requests, and finds none. */
  boolean makesBackends() {
    return config().balancer().info().makesBackends();
  }

  /**
   * Starts. The upstream keeps the backends it had until this configuration's discovery answers; an
   * answer that comes at once takes effect as one step with the rest of the configuration.
   *
   * @param replaced what worked for the upstream until now; its strategy does until this one's has
   *     prepared
   */
  void start(@Nullable UpstreamRuntime replaced) {
    before = replaced;
    if (replaced != null) {
      replaced.stopWatching();
    }
    for (String reason : shared.connections().ignored(config().peer())) {
      shared.events().publish(new SettingIgnored(upstream.name(), reason));
    }
    feed.start();
    if (!answered && upstream.backends().current().settings() != null) {
      install(upstream.backends().found());
    }
    if (monitor == null) {
      upstream.backends().unchecked();
    }
    closeUnused();
  }

  private void closeUnused() {
    PickSettings inForce = upstream.backends().current().settings();
    if (inForce == null || inForce.equals(settings)) {
      closeBefore();
    }
  }

  /** Nothing of what worked for the upstream before is in use. */
  private void closeBefore() {
    UpstreamRuntime last = before;
    before = null;
    if (last != null) {
      last.closeBefore();
      last.products.close();
    }
  }

  /** The weights of backends have changed. */
  void reweigh() {
    install(upstream.backends().found());
  }

  private void found(List<Backend> backends) {
    if (isTooMany(backends)) {
      return;
    }
    if (discoveryError != null) {
      discoveryError = null;
      shared.events().publish(new DiscoveryRecovered(upstream.name()));
    }
    answer(backends);
  }

  private void foundPartly(List<Backend> backends, String cause) {
    if (!isTooMany(backends)) {
      answer(backends);
      failed(cause);
    }
  }

  private boolean isTooMany(List<Backend> backends) {
    String excess = shared.quota().take(upstream.name(), backends.size());
    if (excess != null) {
      failed(excess);
    }
    return excess != null;
  }

  private void answer(List<Backend> backends) {
    answered = true;
    lastAnswer = shared.clock().instant();
    install(backends);
  }

  private void install(List<Backend> backends) {
    upstream.backends().replace(backends, settings, this::installed);
  }

  /** The backends are what was found last, or nothing better than what it had. */
  private void installed() {
    if (stopped) {
      return;
    }
    installed = answered;
    closeUnused();
    if (monitor != null) {
      monitor.watch(upstream.backends().current());
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
    upstream.backends().unanswered("no backends yet; discovery failed: " + reason);
  }

  private void updateReadiness() {
    ready = installed && (monitor == null || monitor.isFirstRoundDone());
    onProgress.run();
  }

  /**
   * Traffic failed at a backend.
   *
   * @param unreached why a request did not reach it; null when it did
   */
  void doubt(Endpoint endpoint, @Nullable String unreached) {
    if (monitor != null) {
      monitor.doubt(endpoint, unreached);
    }
  }

  void refresh() {
    feed.refresh();
  }

  /** Whether what its plug-ins answer at once is in force. Read by any thread. */
  boolean isSettled() {
    return ready || (feed.isSettled() && !upstream.backends().isPreparing());
  }

  /**
   * Whether what its discovery found is in use, or the discovery has failed. Read by any thread.
   */
  boolean isFound() {
    return installed || discoveryError != null;
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
    if (lastAnswer == null) {
      PluginLane lane = products.discovery().lane();
      return Optional.of(lane.stuck().map(lane::words).orElse("no answer of its discovery yet"));
    }
    if (upstream.backends().isPreparing()) {
      PluginLane lane = products.balancer().lane();
      return Optional.of(lane.stuck().map(lane::words).orElse("its strategy has not prepared yet"));
    }
    return Optional.of("not every backend was checked yet");
  }

  /** Ends for good. The backends are the caller's to end or to hand on. */
  void stop() {
    stopWatching();
    closeBefore();
    products.close();
  }

  private void stopWatching() {
    stopped = true;
    feed.close();
    if (monitor != null) {
      monitor.close();
    }
  }
}
