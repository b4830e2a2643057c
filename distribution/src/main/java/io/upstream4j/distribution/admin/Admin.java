package io.upstream4j.distribution.admin;

import static java.util.Objects.requireNonNull;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpServerKeepAliveHandler;
import io.netty.handler.timeout.ReadTimeoutHandler;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.upstream4j.core.Upstreams;
import io.upstream4j.core.connect.Connector;
import io.upstream4j.distribution.gateway.Gateway;
import io.upstream4j.distribution.gateway.Listening;
import java.net.InetSocketAddress;

/**
 * Answers {@code GET /upstreams} with the state of upstreams and gateway as JSON, {@code GET
 * /metrics} for Prometheus, and {@code GET /healthz} with whether the gateway takes requests;
 * {@code POST /upstreams/<name>/refresh} asks a discovery again. Knows no users: who reaches its
 * address may read and do all of that, so it belongs on the loopback interface.
 *
 * <p>Runs on the event loops of the upstreams' connector. All methods may be called by any thread
 * but those loops.
 */
public final class Admin implements AutoCloseable {
  private static final int MAX_BODY_BYTES = 1024;
  private static final int IDLE_SECONDS = 60;

  private final Upstreams upstreams;
  private final Gateway gateway;
  private final ChannelGroup channels = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);

  /** Creates an admin server that does not listen yet. */
  public Admin(Upstreams upstreams, Gateway gateway) {
    this.upstreams = requireNonNull(upstreams, "upstreams");
    this.gateway = requireNonNull(gateway, "gateway");
  }

  /**
   * Listens. Port 0 takes any free one. Blocks until bound.
   *
   * @return the address it listens at
   * @throws java.io.UncheckedIOException when it cannot listen there
   */
  public InetSocketAddress start(String host, int port) {
    requireNonNull(host, "host");
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

  private void accept(Channel channel) {
    channels.add(channel);
    channel
        .pipeline()
        .addLast(
            new ReadTimeoutHandler(IDLE_SECONDS),
            new HttpServerCodec(),
            new HttpServerKeepAliveHandler(),
            new HttpObjectAggregator(MAX_BODY_BYTES, true),
            new AdminHandler(upstreams, gateway));
  }

  /** Stops listening and closes all connections. */
  @Override
  public void close() {
    channels.close().awaitUninterruptibly();
  }
}
