package io.upstream4j.distribution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDomainDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainDatagramPacket;
import io.netty.channel.unix.DomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServiceManagerTest {
  @Test
  void systemdIsToldByDatagramsToItsSocket(@TempDir Path folder) throws Exception {
    assumeTrue(Epoll.isAvailable());
    Path socket = folder.resolve("notify");
    BlockingQueue<String> received = new LinkedBlockingQueue<>();
    EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    try {
      new Bootstrap()
          .group(group)
          .channel(EpollDomainDatagramChannel.class)
          .handler(
              new SimpleChannelInboundHandler<DomainDatagramPacket>() {
                @Override
                protected void channelRead0(
                    ChannelHandlerContext ctx, DomainDatagramPacket packet) {
                  received.add(packet.content().toString(StandardCharsets.US_ASCII));
                }
              })
          .bind(new DomainSocketAddress(socket.toString()))
          .sync();

      ServiceManager manager = new ServiceManager(socket.toString());
      manager.ready();
      assertThat(received.poll(20, TimeUnit.SECONDS)).isEqualTo("READY=1");
      manager.stopping();
      assertThat(received.poll(20, TimeUnit.SECONDS)).isEqualTo("STOPPING=1");
    } finally {
      group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
  }

  @Test
  void withoutASocketNothingIsDone() {
    new ServiceManager(null).ready();
    new ServiceManager("/nowhere/notify").stopping();
  }
}
