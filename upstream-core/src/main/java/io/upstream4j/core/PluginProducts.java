package io.upstream4j.core;

import io.upstream4j.api.option.Options;
import io.upstream4j.api.option.Problems;
import io.upstream4j.api.spi.BackendSnapshot;
import io.upstream4j.api.spi.Discovery;
import io.upstream4j.api.spi.HealthCheck;
import io.upstream4j.api.spi.LoadBalancer;
import io.upstream4j.api.spi.Plugin;
import io.upstream4j.api.spi.PluginContext;
import io.upstream4j.core.config.PluginChoice;
import io.upstream4j.core.config.UpstreamConfig;
import io.upstream4j.core.plugin.PluginCallException;
import io.upstream4j.core.plugin.PluginGuard;
import io.upstream4j.core.runtime.PluginLane;
import io.upstream4j.core.runtime.PluginProduct;
import io.upstream4j.core.runtime.SharedServices;
import java.util.List;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * What the plug-ins made for one upstream. Nothing of it is at work until its discovery is started.
 *
 * @param config the upstream's
 */
record PluginProducts(
    UpstreamConfig config,
    PluginProduct<Discovery> discovery,
    PluginProduct<LoadBalancer> balancer,
    @Nullable PluginProduct<HealthCheck> check) {

  /** How a plug-in of any kind makes its product. */
  private interface Maker<P extends Plugin, T> {
    T create(P plugin, Options options, PluginContext context);
  }

  /** What {@code create} comes to: a product, or what is wrong with the options. */
  private record Outcome<T>(@Nullable T product, @Nullable String refusal) {}

  /** Has the plug-ins of one upstream make their products. */
  private record Making(
      UpstreamConfig config, SharedServices shared, Future<?> cut, Problems problems) {
    <P extends Plugin, T> @Nullable PluginProduct<T> create(
        PluginChoice<P> choice, Maker<P, T> maker) {
      PluginGuard guard = choice.info().guard();
      PluginLane lane = new PluginLane(guard, config.name(), shared);
      PluginContext context = UpstreamContext.of(config, lane, shared);
      String message;
      try {
        Outcome<T> outcome =
            guard.callAndWait(
                lane.inUpstream("create()"),
                () -> outcome(maker, choice, context, lane.inUpstream("create()")),
                cut);
        if (outcome.product() != null) {
          return new PluginProduct<>(outcome.product(), lane);
        }
        String refusal = String.valueOf(outcome.refusal());
        message = guard.isApart() ? lane.words(refusal) : refusal;
      } catch (PluginCallException e) {
        message = lane.words(e.reason());
      }
      problem(choice, message);
      return null;
    }

    private static <P extends Plugin, T> Outcome<T> outcome(
        Maker<P, T> maker, PluginChoice<P> choice, PluginContext context, String method) {
      try {
        T product = maker.create(choice.plugin(), choice.options(), context);
        return new Outcome<>(product, "returned null from " + method);
      } catch (IllegalArgumentException e) {
        String message = e.getMessage();
        boolean isTold = message != null && !message.isBlank();
        return new Outcome<>(
            null,
            isTold
                ? (choice.info().guard().isApart() ? "refuses its options: " : "") + message
                : PluginGuard.threw(e, method));
      }
    }

    /**
     * A strategy that cannot prepare for no backends would not for others; it is not in use yet.
     */
    boolean isAbleToPrepare(PluginProduct<LoadBalancer> balancer) {
      PluginGuard guard = balancer.lane().guard();
      if (!guard.isApart()) {
        return true;
      }
      try {
        guard.callAndWait(
            balancer.lane().inUpstream("prepare()"),
            () -> balancer.made().prepare(new BackendSnapshot(0, List.of())),
            cut);
        return true;
      } catch (PluginCallException e) {
        problem(config.balancer(), balancer.lane().words(e.reason()));
        return false;
      }
    }

    private void problem(PluginChoice<?> choice, String message) {
      problems.add(choice.options().source().location(), choice.path(), message);
    }
  }

  /**
   * Asks the plug-ins. Blocks for as long as they may take.
   *
   * @param cut ends the wait for them when it is done
   * @return null when there was a problem, which is then in {@code problems}
   */
  static @Nullable PluginProducts create(
      UpstreamConfig config, SharedServices shared, Future<?> cut, Problems problems) {
    Making making = new Making(config, shared, cut, problems);
    PluginProduct<Discovery> discovery =
        making.create(config.discovery(), (made, o, c) -> made.create(o, c));
    PluginProduct<LoadBalancer> balancer =
        making.create(config.balancer(), (made, o, c) -> made.create(o, c));
    boolean complete = discovery != null && balancer != null && making.isAbleToPrepare(balancer);
    PluginProduct<HealthCheck> check =
        config.health().isEmpty()
            ? null
            : making.create(config.health().get().checker(), (made, o, c) -> made.create(o, c));
    if (complete
        && discovery != null
        && balancer != null
        && (check != null || config.health().isEmpty())) {
      return new PluginProducts(config, discovery, balancer, check);
    }
    close(balancer);
    close(check);
    return null;
  }

  /** Closes what is to be closed; a plug-in that fails is announced. */
  void close() {
    close(balancer);
    close(check);
  }

  private static void close(@Nullable PluginProduct<? extends AutoCloseable> product) {
    if (product != null) {
      product.lane().run("close()", () -> product.made().close());
    }
  }
}
