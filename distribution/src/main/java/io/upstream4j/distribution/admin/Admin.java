package io.upstream4j.distribution.admin;

import static java.util.Objects.requireNonNull;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpServerKeepAliveHandler;
import io.netty.handler.flow.FlowControlHandler;
import io.netty.handler.timeout.WriteTimeoutHandler;
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

  static final int MAX_LINE_BYTES = 4 * 1024;
  static final int MAX_HEAD_BYTES = 8 * 1024;

  /** Requests that one connection sends before it has its answers; beyond, it is closed. */
  static final int MAX_PIPELINED = 128;

  /** What a connection may be sent beyond what its client reads, before that waits. */
  static final int MAX_UNSENT_BYTES = 64 * 1024;

  // Of a request to come whole, of what was sent to be read, and of a thread without work.
  private static final int IDLE_SECONDS = 60;

  // Two, so that a change that takes long does not keep the state from being read.
  private static final int WORKERS = 2;

  private final Upstreams upstreams;
  private final @Nullable AdminToken token;
  private final AdminRoutes routes;
  private final AdminLimits limits = new AdminLimits();
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
            new ArrayBlockingQueue<>(AdminLimits.MAX_CONNECTIONS),
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
            limits,
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
                .childOption(
                    ChannelOption.WRITE_BUFFER_WATER_MARK,
                    new WriteBufferWaterMark(MAX_UNSENT_BYTES / 2, MAX_UNSENT_BYTES))
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

  @SuppressWarnings("FutureReturnValueIgnored") // it ends one way or the other
  private void accept(Channel channel) {
    channels.add(channel);
    if (limits.serve()) {
      channel.closeFuture().addListener(closed -> limits.end());
      serve(channel);
    } else if (limits.turnAway()) {
      channel.closeFuture().addListener(closed -> limits.endTelling());
      channel.pipeline().addLast(new TurnedAway());
    } else {
      channel.close();
    }
  }

  private void serve(Channel channel) {
    AdminBodies bodies = new AdminBodies(limits);
    channel
        .pipeline()
        .addLast(
            new WriteTimeoutHandler(IDLE_SECONDS),
            new HttpServerCodec(
                new HttpDecoderConfig()
                    .setMaxInitialLineLength(MAX_LINE_BYTES)
                    .setMaxHeaderSize(MAX_HEAD_BYTES)
                    .setHeadersFactory(AdminHeaders.FACTORY)
                    .setTrailersFactory(AdminHeaders.FACTORY),
                MAX_PIPELINED),
            new HttpServerKeepAliveHandler(),
            new FlowControlHandler(),
            new RequestDeadline(IDLE_SECONDS),
            new AdminGuard(new AdminAccess(token)),
            bodies,
            new AdminHandler(routes, bodies, worker));
  }

  /** The most that any connection holds which was not sent yet. For tests. */
  long mostUnsentBytes() {
    long most = 0;
    for (Channel channel : channels) {
      ChannelOutboundBuffer unsent = channel.unsafe().outboundBuffer();
      most = Math.max(most, unsent == null ? 0 : unsent.totalPendingWriteBytes());
    }
    return most;
  }

  /** Stops listening and closes all connections. A change under way comes to its end. */
  @Override
  public void close() {
    worker.shutdown();
    channels.close().awaitUninterruptibly();
  }
}
