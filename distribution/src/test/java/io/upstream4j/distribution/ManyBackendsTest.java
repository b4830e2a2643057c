package io.upstream4j.distribution;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.core.Upstreams;
import io.upstream4j.core.event.UpstreamEvent;
import io.upstream4j.core.event.UpstreamEvent.BackendHealthy;
import io.upstream4j.core.event.UpstreamEvent.BackendUnhealthy;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tests two thousand servers at different loopback addresses, all served by one socket. */
class ManyBackendsTest {
  private static final int BACKENDS = 2_000;
  private static final int DYING = 200;

  private final EventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final Map<String, Integer> probed = new ConcurrentHashMap<>();
  private final Queue<UpstreamEvent> events = new ConcurrentLinkedQueue<>();
  private volatile boolean isDead;
  private int port;

  @BeforeEach
  void start() {
    assumeTrue(Files.exists(Path.of("/proc")), "only Linux has all of 127.0.0.0/8");
    port =
        ((InetSocketAddress)
                new ServerBootstrap()
                    .group(loops)
                    .channel(NioServerSocketChannel.class)
                    .option(ChannelOption.SO_BACKLOG, 4_096)
                    .childHandler(new Server())
                    .bind("0.0.0.0", 0)
                    .syncUninterruptibly()
                    .channel()
                    .localAddress())
            .getPort();
  }

  @AfterEach
  void end() {
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }

  /** Reports that it works, unless its address has died. */
  @Sharable
  private final class Server extends ChannelInboundHandlerAdapter {
    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      String host =
          ((InetSocketAddress) ctx.channel().localAddress()).getAddress().getHostAddress();
      probed.merge(host, 1, Integer::sum);
      if (isDead && host.startsWith("127.2.")) {
        ctx.close();
      } else {
        ctx.writeAndFlush(Unpooled.copiedBuffer("OK", US_ASCII))
            .addListener(ChannelFutureListener.CLOSE);
      }
    }
  }

  /** The addresses of servers that die begin with 127.2. */
  private static List<String> hosts(int network, int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> "127." + network + "." + i / 250 + "." + (i % 250 + 1))
        .toList();
  }

  private List<Endpoint> endpoints(List<String> hosts) {
    return hosts.stream().map(host -> new Endpoint(host, port)).toList();
  }

  private String yaml() {
    return Stream.of(hosts(1, BACKENDS - DYING), hosts(2, DYING))
        .flatMap(List::stream)
        .map(host -> "      - \"" + host + ":" + port + "\"\n")
        .collect(
            Collectors.joining(
                "",
                """
                upstreams:
                  api:
                    health_check: { tcp: { expect: OK }, check_frequency: 2s, connection_timeout: 20s,
                      read_timeout: 20s }
                    addrs:
                """,
                ""));
  }

  private static void await(String what, BooleanSupplier condition) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("still waiting: %s", what).isLessThan(end);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
    }
  }

  private <E extends UpstreamEvent.OfBackend> List<Endpoint> of(Class<E> type) {
    return events.stream()
        .filter(type::isInstance)
        .map(event -> ((UpstreamEvent.OfBackend) event).endpoint())
        .toList();
  }

  @Test
  void thoseThatDieAndRecoverAreEventsOnceEachAndNoOthers() throws Exception {
    try (Upstreams upstreams =
        Upstreams.builder().threads(2).listener(events::add).load("many.yaml", yaml())) {
      assertThat(upstreams.awaitReady(Duration.ofSeconds(60))).isTrue();
      assertThat(probed).hasSize(BACKENDS);

      isDead = true;
      await("all have died", () -> of(BackendUnhealthy.class).size() >= DYING);
      isDead = false;
      await("all have recovered", () -> of(BackendHealthy.class).size() >= DYING);
      probed.clear();
      await("all are probed again", () -> probed.size() == BACKENDS);
    }
    assertThat(of(BackendUnhealthy.class))
        .containsExactlyInAnyOrderElementsOf(endpoints(hosts(2, DYING)));
    assertThat(of(BackendHealthy.class))
        .containsExactlyInAnyOrderElementsOf(endpoints(hosts(2, DYING)));
    assertThat(events.stream().filter(BackendUnhealthy.class::isInstance).map(Object::toString))
        .allSatisfy(event -> assertThat(event).contains("closed the connection without an answer"));
  }
}
