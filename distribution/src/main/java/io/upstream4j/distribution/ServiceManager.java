package io.upstream4j.distribution;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDomainDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Notifies systemd with the protocol of sd_notify(3): a datagram to the socket in {@code
 * NOTIFY_SOCKET}. Does nothing without that variable. Blocks briefly.
 */
final class ServiceManager {
  private static final int PATIENCE_SECONDS = 5;

  private final @Nullable String socket;

  /** Uses the socket in the environment. */
  ServiceManager() {
    this(System.getenv("NOTIFY_SOCKET"));
  }

  ServiceManager(@Nullable String socket) {
    this.socket = socket;
  }

  /** Reports that the gateway listens. */
  void ready() {
    send("READY=1");
  }

  /** Reports that the gateway is about to stop. */
  void stopping() {
    send("STOPPING=1");
  }

  @SuppressWarnings("FutureReturnValueIgnored") // failures are ignored
  private void send(String state) {
    // Netty does not support names in Linux' abstract namespace, which begin with @.
    if (socket == null || !socket.startsWith("/") || !Epoll.isAvailable()) {
      return;
    }
    EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    try {
      Channel channel =
          new Bootstrap()
              .group(group)
              .channel(EpollDomainDatagramChannel.class)
              .handler(new ChannelInboundHandlerAdapter())
              .connect(new DomainSocketAddress(socket))
              .awaitUninterruptibly()
              .channel();
      channel
          .writeAndFlush(Unpooled.copiedBuffer(state, StandardCharsets.US_ASCII))
          .awaitUninterruptibly(PATIENCE_SECONDS, TimeUnit.SECONDS);
      channel.close();
    } finally {
      group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
  }
}
