package io.upstream4j.core;

import io.upstream4j.api.option.Options;
import io.upstream4j.api.option.Problems;
import io.upstream4j.api.spi.Discovery;
import io.upstream4j.api.spi.HealthCheck;
import io.upstream4j.api.spi.LoadBalancer;
import io.upstream4j.api.spi.Plugin;
import io.upstream4j.api.spi.PluginContext;
import io.upstream4j.core.config.PluginChoice;
import io.upstream4j.core.config.UpstreamConfig;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What the plug-ins made for one upstream. Nothing of it is at work until its discovery is started.
 *
 * @param config the upstream's
 */
record Products(
    UpstreamConfig config,
    Discovery discovery,
    LoadBalancer balancer,
    @Nullable HealthCheck check) {

  /** How a plug-in of any kind makes its product. */
  private interface Maker<P extends Plugin, T> {
    T create(P plugin, Options options, PluginContext context);
  }

  /**
   * Asks the plug-ins.
   *
   * @return null when there was a problem, which is then in {@code problems}
   */
  static @Nullable Products create(
      UpstreamConfig config, PluginContext context, Problems problems) {
    int before = problems.size();
    Discovery discovery =
        create(config.discovery(), (made, o, c) -> made.create(o, c), context, problems);
    LoadBalancer balancer =
        create(config.balancer(), (made, o, c) -> made.create(o, c), context, problems);
    HealthCheck check =
        config.health().isEmpty()
            ? null
            : create(
                config.health().get().checker(),
                (made, o, c) -> made.create(o, c),
                context,
                problems);
    if (discovery != null && balancer != null && problems.size() == before) {
      return new Products(config, discovery, balancer, check);
    }
    close(config, balancer, check, (plugin, cause) -> {});
    return null;
  }

  private static <P extends Plugin, T> @Nullable T create(
      PluginChoice<P> choice, Maker<P, T> maker, PluginContext context, Problems problems) {
    String message;
    try {
      T product = maker.create(choice.plugin(), choice.options(), context);
      if (product != null) {
        return product;
      }
      message = "the plug-in \"" + choice.plugin().type() + "\" made nothing";
    } catch (IllegalArgumentException e) {
      message = e.getMessage() == null ? e.toString() : e.getMessage();
    } catch (RuntimeException | LinkageError | AssertionError e) {
      message = "the plug-in \"" + choice.plugin().type() + "\" failed: " + e;
    }
    problems.add(choice.options().source().location(), choice.path(), message);
    return null;
  }

  /**
   * Closes what is to be closed.
   *
   * @param onFailure told of a plug-in that threw
   */
  void close(BiConsumer<String, Throwable> onFailure) {
    close(config, balancer, check, onFailure);
  }

  private static void close(
      UpstreamConfig config,
      @Nullable LoadBalancer balancer,
      @Nullable HealthCheck check,
      BiConsumer<String, Throwable> onFailure) {
    close(balancer, "load balancer \"" + config.balancer().plugin().type() + "\"", onFailure);
    String type = config.health().map(health -> health.checker().plugin().type()).orElse("none");
    close(check, "health check \"" + type + "\"", onFailure);
  }

  private static void close(
      @Nullable AutoCloseable product, String name, BiConsumer<String, Throwable> onFailure) {
    if (product == null) {
      return;
    }
    try {
      product.close();
    } catch (Exception | LinkageError | AssertionError e) {
      onFailure.accept(name, e);
    }
  }
}
