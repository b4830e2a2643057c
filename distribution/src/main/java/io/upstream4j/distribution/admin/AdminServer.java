package io.upstream4j.distribution.admin;

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
import io.upstream4j.core.connect.Connector;
import io.upstream4j.distribution.gateway.Listening;
import io.upstream4j.distribution.gateway.Stopping;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.Executor;

/**
 * Serves the connections of one address within {@link AdminLimits}, on the event loops of a
 * connector. Methods may be called by any thread except those event loops.
 */
final class AdminServer {
  // The time to receive a request, and for the client to read a response.
  private static final int IDLE_SECONDS = 60;

  private final Connector connector;
  private final AdminResource resource;
  private final AdminGuard.Access access;
  private final AdminLimits limits;
  private final Executor worker;
  private final ChannelGroup channels = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);

  /**
   * @param resource answers requests
   * @param access decides who may send them
   * @param worker creates bodies that are sent in pieces; may reject tasks
   */
  AdminServer(
      Connector connector,
      AdminResource resource,
      AdminGuard.Access access,
      AdminLimits limits,
      Executor worker) {
    this.connector = connector;
    this.resource = resource;
    this.access = access;
    this.limits = limits;
    this.worker = worker;
  }

  /** Starts listening. Blocks until bound. Returns the address. */
  InetSocketAddress start(String host, int port) {
    Channel listener =
        Listening.at(
            host,
            port,
            new ServerBootstrap()
                .group(connector.eventLoops())
                .channel(connector.serverChannelType())
                .childOption(
                    ChannelOption.WRITE_BUFFER_WATER_MARK,
                    new WriteBufferWaterMark(Admin.MAX_UNSENT_BYTES / 2, Admin.MAX_UNSENT_BYTES))
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

  @SuppressWarnings("FutureReturnValueIgnored") // the connection ends in any case
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
                    .setMaxInitialLineLength(Admin.MAX_LINE_BYTES)
                    .setMaxHeaderSize(Admin.MAX_HEAD_BYTES)
                    .setHeadersFactory(AdminHeaders.FACTORY)
                    .setTrailersFactory(AdminHeaders.FACTORY),
                Admin.MAX_PIPELINED),
            new HttpServerKeepAliveHandler(),
            new FlowControlHandler(),
            new RequestDeadline(IDLE_SECONDS),
            new AdminGuard(access),
            bodies,
            new AdminHandler(resource, bodies, worker));
  }

  /** Returns the greatest number of unsent bytes of any connection. For tests. */
  long mostUnsentBytes() {
    long most = 0;
    for (Channel channel : channels) {
      ChannelOutboundBuffer unsent = channel.unsafe().outboundBuffer();
      most = Math.max(most, unsent == null ? 0 : unsent.totalPendingWriteBytes());
    }
    return most;
  }

  /** Stops listening and closes all connections. */
  void close() {
    Stopping.await(List.of(channels.close()));
  }
}
