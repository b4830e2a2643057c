package io.upstream4j.distribution.admin;

import static java.util.Objects.requireNonNull;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpServerKeepAliveHandler;
import io.netty.handler.flow.FlowControlHandler;
import io.netty.handler.timeout.ReadTimeoutHandler;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.upstream4j.core.Upstreams;
import io.upstream4j.core.connect.Connector;
import io.upstream4j.distribution.gateway.Gateway;
import io.upstream4j.distribution.gateway.Listening;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Tells the state of upstreams and gateway, and changes it. What it answers is described in {@code
 * docs/admin.md}.
 *
 * <p>Everybody on the machine may use it at a loopback address; at any other, and anywhere when it
 * has a token, only who has the token, but for {@code GET /healthz} and the page itself.
 *
 * <p>Runs on the event loops of the upstreams' connector. All methods may be called by any thread
 * but those loops.
 */
public final class Admin implements AutoCloseable {
  /** The largest body that is read: of an upstream with some thousand addresses. */
  static final int MAX_BODY_BYTES = 1 << 20;

  private static final int IDLE_SECONDS = 60;

  // Two, so that a change that takes long does not keep the state from being read.
  private static final int WORKERS = 2;
  private static final int MAX_WAITING = 64;

  private final Upstreams upstreams;
  private final @Nullable AdminToken token;
  private final AdminRoutes routes;
  private final ThreadPoolExecutor worker;
  private final ChannelGroup channels = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);

  /**
   * Creates an admin server that does not listen yet.
   *
   * @param token opens it; empty for a loopback address only
   * @param events hears those of the upstreams
   * @param webhook whose losses are told; empty when there is none
   */
  public Admin(
      Upstreams upstreams,
      Gateway gateway,
      Optional<AdminToken> token,
      EventLog events,
      Optional<Webhook> webhook) {
    this.upstreams = requireNonNull(upstreams, "upstreams");
    this.token = token.orElse(null);
    this.worker =
        new ThreadPoolExecutor(
            WORKERS,
            WORKERS,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(MAX_WAITING),
            task -> {
              Thread made = new Thread(task, "upstream4j-admin");
              made.setDaemon(true);
              return made;
            });
    worker.allowCoreThreadTimeOut(true);
    this.routes =
        new AdminRoutes(
            upstreams,
            requireNonNull(gateway, "gateway"),
            requireNonNull(events, "events"),
            () -> webhook.map(Webhook::undelivered).orElse(0L),
            worker);
  }

  /**
   * Listens. Port 0 takes any free one. Blocks until bound.
   *
   * @return the address it listens at
   * @throws java.io.UncheckedIOException when it cannot listen there
   * @throws IllegalStateException when the address is no loopback address and there is no token
   */
  public InetSocketAddress start(String host, int port) {
    if (token == null && !isLoopback(host)) {
      throw new IllegalStateException(
          host + " is no loopback address (expected: one, or a token, see --admin-token-file)");
    }
    Connector connector = upstreams.connector();
    Channel listener =
        Listening.at(
            host,
            port,
            new ServerBootstrap()
                .group(connector.eventLoops())
                .channel(connector.serverChannelType())
                .childHandler(
                    new ChannelInitializer<>() {
                      @Override
                      protected void initChannel(Channel channel) {
                        accept(channel);
                      }
                    }));
    channels.add(listener);
    return (InetSocketAddress) listener.localAddress();
  }

  /** Whether only programs of this machine reach what listens there. Blocks for a name. */
  public static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(requireNonNull(host, "host")).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }

  private void accept(Channel channel) {
    channels.add(channel);
    channel
        .pipeline()
        .addLast(
            new ReadTimeoutHandler(IDLE_SECONDS),
            new HttpServerCodec(),
            new HttpServerKeepAliveHandler(),
            new FlowControlHandler(),
            new AdminGuard(new AdminAccess(token)),
            new AdminBodies(),
            new AdminHandler(routes));
  }

  /** Stops listening and closes all connections. A change under way comes to its end. */
  @Override
  public void close() {
    worker.shutdown();
    channels.close().awaitUninterruptibly();
  }
}
