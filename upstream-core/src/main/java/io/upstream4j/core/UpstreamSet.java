package io.upstream4j.core;

import io.upstream4j.api.option.ConfigException;
import io.upstream4j.api.option.Problems;
import io.upstream4j.core.config.Config;
import io.upstream4j.core.config.GatewayConfig;
import io.upstream4j.core.config.UpstreamConfig;
import io.upstream4j.core.event.ConfigChange;
import io.upstream4j.core.event.UpstreamEvent.ConfigApplied;
import io.upstream4j.core.runtime.SharedServices;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The upstreams of the configuration in force, and the step from one configuration to the next.
 *
 * <p>{@link #current} may be read by any thread; everything else is called by one thread at a time.
 */
final class UpstreamSet {
  /** Checked, and made by the plug-ins, but not at work yet. */
  record Plan(Config config, Map<String, PluginProducts> changed) {
    /** Those that a route leads to. */
    Set<String> routed() {
      return config.routes().stream()
          .flatMap(route -> route.upstream().stream())
          .collect(Collectors.toSet());
    }

    void discard() {
      changed.values().forEach(PluginProducts::close);
    }
  }

  private final SharedServices shared;
  private final Runnable onProgress;
  // Of names that are gone, too, as long as somebody holds the object: it works again when they
  // return.
  private final Map<String, WeakReference<Upstream>> known = new HashMap<>();
  private volatile AppliedConfig current =
      new AppliedConfig(Map.of(), List.of(), GatewayConfig.DEFAULT);

  /**
   * @param onProgress called when {@link AppliedConfig#isReady} may have changed
   */
  UpstreamSet(SharedServices shared, Runnable onProgress) {
    this.shared = shared;
    this.onProgress = onProgress;
  }

  AppliedConfig current() {
    return current;
  }

  /**
   * Has the plug-ins make what the configuration changes. Off the control loop.
   *
   * @param cut ends the wait for plug-ins when it is done
   * @throws ConfigException with every problem; nothing is left over then
   */
  Plan plan(Config config, Future<?> cut) {
    Problems problems = new Problems();
    Map<String, PluginProducts> changed = new LinkedHashMap<>();
    for (UpstreamConfig upstream : config.upstreams().values()) {
      if (!isUnchanged(upstream)) {
        PluginProducts made = PluginProducts.create(upstream, shared, cut, problems);
        if (made != null) {
          changed.put(upstream.name(), made);
        }
      }
    }
    Plan plan = new Plan(config, changed);
    if (!problems.isEmpty()) {
      plan.discard();
      problems.throwIfAny();
    }
    return plan;
  }

  private boolean isUnchanged(UpstreamConfig config) {
    Upstream upstream = current.upstreams().get(config.name());
    UpstreamRuntime runtime = upstream == null ? null : upstream.runtime();
    return runtime != null
        && runtime.config().source().equals(config.source())
        // Files that it names may have changed.
        && runtime.config().peer().equals(config.peer());
  }

  /**
   * Starts upstreams of a plan ahead of the rest of it, so that they have backends when routes lead
   * to them. On the control loop.
   *
   * @return those that are new and that routes lead to
   */
  List<Upstream> startRouted(Plan plan) {
    List<Upstream> started = new ArrayList<>();
    Set<String> routed = plan.routed();
    plan.changed()
        .forEach(
            (name, products) -> {
              if (routed.contains(name) && !current.upstreams().containsKey(name)) {
                Upstream upstream = upstream(name);
                start(upstream, products);
                started.add(upstream);
              }
            });
    return started;
  }

  /**
   * Puts a plan into force as one step. On the control loop.
   *
   * @param started of {@link #startRouted}
   */
  ConfigChange apply(Plan plan, List<Upstream> started) {
    Map<String, Upstream> upstreams = new LinkedHashMap<>();
    plan.config().upstreams().keySet().forEach(name -> upstreams.put(name, upstream(name)));
    plan.changed()
        .forEach(
            (name, products) -> {
              if (!started.contains(upstream(name))) {
                start(upstream(name), products);
              }
            });
    AppliedConfig old = current;
    // Between the starts and the stops: what a request finds is at work.
    current = new AppliedConfig(upstreams, plan.config().routes(), plan.config().gateway());
    old.upstreams()
        .forEach(
            (name, upstream) -> {
              if (!upstreams.containsKey(name)) {
                stop(upstream, "upstream was removed");
              }
            });
    known.values().removeIf(upstream -> upstream.refersTo(null));
    ConfigChange change = change(old, current, plan);
    shared.events().publish(new ConfigApplied(change));
    onProgress.run();
    return change;
  }

  private Upstream upstream(String name) {
    WeakReference<Upstream> before = known.get(name);
    Upstream upstream = before == null ? null : before.get();
    if (upstream == null) {
      upstream = new Upstream(name, shared);
      known.put(name, new WeakReference<>(upstream));
    }
    return upstream;
  }

  private static ConfigChange change(AppliedConfig old, AppliedConfig now, Plan plan) {
    List<String> added = new ArrayList<>();
    List<String> updated = new ArrayList<>();
    List<String> unchanged = new ArrayList<>();
    List<String> removed = new ArrayList<>(old.upstreams().keySet());
    removed.removeAll(now.upstreams().keySet());
    for (String name : now.upstreams().keySet()) {
      if (!old.upstreams().containsKey(name)) {
        added.add(name);
      } else if (plan.changed().containsKey(name)) {
        updated.add(name);
      } else {
        unchanged.add(name);
      }
    }
    return new ConfigChange(
        added,
        updated,
        unchanged,
        removed,
        !old.routes().equals(now.routes()),
        !old.gateway().equals(now.gateway()));
  }

  /** The configuration in force. By the thread that changes it. */
  Config config() {
    Map<String, UpstreamConfig> configs = new LinkedHashMap<>();
    for (Upstream upstream : current.upstreams().values()) {
      UpstreamRuntime runtime = upstream.runtime();
      if (runtime != null) {
        configs.put(upstream.name(), runtime.config());
      }
    }
    return new Config(configs, current.routes(), current.gateway());
  }

  private void start(Upstream upstream, PluginProducts products) {
    @Nullable UpstreamRuntime before = upstream.runtime();
    UpstreamRuntime runtime = new UpstreamRuntime(upstream, products, shared, onProgress);
    upstream.runtime(runtime);
    runtime.start(before);
  }

  private void stop(Upstream upstream, String reason) {
    UpstreamRuntime runtime = upstream.runtime();
    shared.quota().giveBack(upstream.name());
    upstream.backends().end(reason); // before its balancer is closed
    if (runtime != null) {
      runtime.stop();
      upstream.runtime(null);
    }
  }

  /** Whether each upstream has what its plug-ins answer at once. By any thread. */
  boolean isSettled() {
    for (Upstream upstream : current.upstreams().values()) {
      UpstreamRuntime runtime = upstream.runtime();
      if (runtime != null && !runtime.isSettled()) {
        return false;
      }
    }
    return true;
  }

  /** Ends every upstream. On the control loop. */
  void close() {
    current.upstreams().values().forEach(upstream -> stop(upstream, "closed"));
  }
}
